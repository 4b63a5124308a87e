"""Play in a window: the main thread hands events on, shows the newest frame, never waits for the model.

Nothing is drawn twice: the loop sleeps until an event, a new frame or a moving overlay asks for a picture,
and shows no more a second than the settings say. Where a CPU draws, each picture costs the generator time.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pygame

from model.errors import ArvdError

from .commands import carry_out
from .display import Display
from .engine import Pixels, World
from .fault_report import FaultReport
from .generation import Generator
from .handover import WalkFacts
from .keepsakes import Keeper, Place, keepsakes_folder
from .menu.board import Board
from .menu.fault_page import fault_page
from .menu.gallery import worlds_page
from .menu.pause_pages import pause_page
from .options import Options
from .overlays import Counts, Mood, Overlays
from .own_picture import Pasting, begins_in, is_picture
from .pads import PAD_GONE
from .recording import Recording
from .seat import Seat
from .settings import Settings
from .slots import slots_of
from .startup import generator_options, open_as_set, steps_of
from .toasts import Toasts
from .whereabouts import place_of
from .window_report import window_figures
from .worlds import KnownWorld, look_at

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_LOADING_SECONDS = 0.125


class Player:
    """Everything the main thread owns while one world is played, and the generator it looks after."""

    def __init__(
        self, options: Options, seat: Seat, open_world: Callable[[Options], World], recording: Recording
    ) -> None:
        """Show the loading screen and start the generator."""
        window, settings = seat.window, seat.preferences.settings
        self.options, self._seat, self._window = options, seat, window
        self.recording, self.preferences, self.known = recording, seat.preferences, look_at(options.world)
        self.scenes = tuple(scene.name for scene in self.known.scenes)
        self.slots = slots_of(options.world, options.spec)
        self._toasts, self._pasting = Toasts(window.wake), Pasting(self.say)
        self._board = Board(seat, self.say)
        self._overlays = Overlays(
            options.spec, recording, self._toasts, figures=settings.play.figures, bindings=self.preferences.bindings
        )
        self._overlays.by_pad = lambda: seat.inputs.by_pad
        self._display = Display(window, options.spec, settings.picture, self._overlays, seat.hands)
        self.keeper = Keeper(keepsakes_folder(), options.spec, self.say)
        self._paused = self._rewinding = self._quits = False
        self._next: Options | None = None
        self.fault: FaultReport | None = None
        if (behind := self._board.view.pictures.pixels(self.known.picture(options.scene))) is not None:
            self._display.still(behind)
        self.generator = Generator(
            lambda: self._open(open_world),
            seat.hands.sample,
            generator_options(options, settings.play),
            recording=recording,
            forget=seat.hands.forget,
            wake=window.wake,
            say=self.say,
        )
        self.draw(time.perf_counter())
        self.generator.start()
        seat.preferences.listeners.append(self._follow)
        for note in seat.preferences.take_notes():
            self.say(note)

    def play(self) -> Options | None:
        """Run the loop to its end; returns what is to be played next, None for nothing.

        Raises:
            ArvdError: a world that was named on the command line and cannot be loaded.
            GenerationError: the generator met anything else, and the person left, or was not there to be told.
        """
        display = self._display
        while not self._seat.stop.is_set() and self._next is None and self._goes_on():
            rests = not (self.waiting or self.moves(time.perf_counter()))
            for event in self._window.wait_events(self._patience()):
                self._handle(event, self._window.arrived)
            if rests and display.refresh.due(time.perf_counter()):
                display.stats.rest()
            display.stale |= self._board.tick()
            display.refresh.take_turn(self, display.preparation)
        if self._next is None and (self.fault is None or self._quits):
            self.generator.check()
        return self._next

    def close(self) -> None:
        """Free the mouse and end the generator."""
        self.preferences.listeners.remove(self._follow)
        self._window.capture(False)
        self._seat.inputs.release()
        if self._next is None:
            self._window.hide()
        self.generator.stop()
        self.keeper.wait()
        self._pasting.end()
        self.preferences.save()
        self._display.close()

    def report(self) -> dict[str, object] | None:
        """Return the figures of the run, None if no world was loaded."""
        return window_figures(self.options, self.generator, self._display.stats, self._window)

    def say(self, sentence: str) -> None:
        """Show a sentence for a while; any thread may."""
        self._toasts.say(sentence)

    @property
    def facts(self) -> WalkFacts | None:
        """What there is to know of the walk at the frame that is shown."""
        return self._display.frame.walk if self._display.frame is not None else None

    @property
    def place(self) -> Place:
        """Where the walk is."""
        return place_of(self.options, self.slots.world, self.scenes[0], self._display.frame, self.recording)

    @property
    def waiting(self) -> bool:
        """Whether a frame is there to be shown."""
        return self.generator.waiting

    def moves(self, now: float) -> bool:
        """Whether there is a picture to draw."""
        return self._display.stale or self._display.moving(now, self._mood)

    def draw(self, now: float) -> None:
        """Draw it and put it on the screen."""
        shown = self._display.stats.rate.per_second()
        counts = Counts(self.generator.world, self.generator.dropped, self.generator.late, shown)
        self._display.draw(now, self._mood, self._board.sprites(), counts)

    def take(self) -> None:
        """Show the newest frame from the next picture on."""
        if (frame := self.generator.take()) is not None:
            if self._display.frame is None and not self._board.menu.is_open:
                self._window.capture(True)
            self._display.take(frame)

    def seen(self) -> Pixels:
        """What is on the screen, without overlays (h, w, 3)."""
        return self._display.seen()

    def toggle(self, overlay: str) -> None:
        """Show or hide "figures" or "hands"."""
        self._overlays.toggle(overlay)
        self._display.stale = True

    def pause(self) -> None:
        """Pause, or go on."""
        self._paused = not self._paused
        self.generator.pause(self._paused)
        self._display.stale = True

    def open_menu(self) -> None:
        """Pause, free the mouse, show the menu."""
        self.generator.pause(True)
        self._free()
        self._board.menu.open(lambda: pause_page(self, self._board.menu))

    def resume(self) -> None:
        """Close the menu and go on, unless it was paused before."""
        self._board.menu.close()
        self._window.capture(True)
        self.generator.pause(self._paused)
        self._display.stale = True

    def leave(self, world: KnownWorld, scene: str | None) -> None:
        """End this walk and begin in another world."""
        self._next = self.options.in_world(world.folder, scene)

    def restart(self) -> None:
        """Load the world again and begin at the scene of now."""
        facts = self.facts
        seed, scene = (facts.seed, facts.scene) if facts else (self.options.seed, self.options.scene)
        self._next = replace(self.options, scene=scene, seed=seed, branch=None)

    def choose_world(self) -> None:
        """Show the worlds, to leave for one."""
        recent, here = self.preferences.settings.play.recent_worlds, (self.options.world, self.options.scene)
        self._board.menu.push(lambda: worlds_page(recent, self.leave, here))

    def quit(self) -> None:
        """End the program."""
        self._quits = True
        self._seat.stop.set()

    def _open(self, open_world: Callable[[Options], World]) -> World:
        world = open_as_set(self.options, self.preferences.settings.play, open_world, self.say)
        self.slots.follow(world)
        return world

    @property
    def _mood(self) -> Mood:
        if self._board.menu.is_open:
            return Mood.MENU
        if self._display.frame is None:
            return Mood.LOADING
        if self._rewinding:
            return Mood.REWINDING
        return Mood.PAUSED if self._paused else Mood.PLAYING

    def _goes_on(self) -> bool:
        """Whether there is something to wait for: frames, or what the person does about their end."""
        error = self.generator.error
        if self.generator.running or self.generator.waiting or self._display.stale or self.fault is not None:
            return True
        named = isinstance(error, ArvdError) and self._display.frame is None and not self.options.gallery
        if error is None or named or self.options.frames is not None:
            return False  # all frames are made; a command that cannot be carried out, or one that nobody watches
        written = self.recording.recorder.written
        recorded, renderer = written[-1].name if written else "", self._window.renderer
        self.fault = FaultReport(error, self.place, self.preferences.settings, renderer, recorded)
        self._free()
        self._board.menu.open(partial(fault_page, self.fault, self))
        return True

    def _free(self) -> None:
        """Let go of everything, and free the mouse."""
        self._seat.inputs.release()
        self._window.capture(False)
        self._display.stale = True

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        menu = self._board.menu
        if self._seat.inputs.loses_pad(event):
            self.say(PAD_GONE)
        if event.type == pygame.QUIT:
            self.quit()
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWFOCUSGAINED):
            self._board.focus(event.type == pygame.WINDOWFOCUSGAINED)
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._display.stale = True
        elif is_picture(event, pasting=self._may_paste()):
            if self.fault is None and begins_in(event, self._pasting, self.generator.ask, self.say) and menu.is_open:
                self.resume()
        elif menu.is_open:
            self._display.stale |= self._board.feed(event)
        elif self._seat.inputs.clicks(event) and not self._window.captured:
            self._window.capture(True)
            self._display.stale = True
        elif event.type != pygame.MOUSEMOTION or self._window.captured:
            self._handle_play(event, now)

    def _handle_play(self, event: pygame.event.Event, now: float) -> None:
        if event.type == pygame.MOUSEMOTION:
            self._display.note_motion(now)
        if self._seat.inputs.by_pad and self._seat.inputs.loses_pad(event):
            self.open_menu()
        for command in self._seat.inputs.feed(event, now):
            carry_out(command, self)
        if event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE:
            self._free()  # whatever else a person had it do
        rewinding = self._seat.hands.holds("rewind") and not self._board.menu.is_open
        if rewinding != self._rewinding:
            self._rewinding = rewinding
            self.generator.rewind(rewinding)
            self._display.stale = True

    def _may_paste(self) -> bool:
        """Whether Ctrl+V can mean nothing else; while one walks it is a slip of the hand that sprints."""
        menu = self._board.menu
        return menu.asking is None if menu.is_open else self._paused and not self._seat.inputs.uses("v")

    def _follow(self, before: Settings, now: Settings) -> None:
        """Play by other settings."""
        if now.picture != before.picture:
            self._display.change(now.picture)
        if now.play.figures != before.play.figures:
            self._overlays.show_figures(now.play.figures)
        if now.play.quality != before.play.quality:
            self.generator.ask(lambda walker: walker.settle_quality(steps_of(now.play.quality, walker.world)))

    def _patience(self) -> float:
        """Seconds to wait for an event: short when a picture waits for its turn, or a frame to be made ready for it."""
        now, display = time.perf_counter(), self._display
        if self.waiting:
            return display.refresh.until_prepared(now, display.preparation)
        if self.moves(now):
            return display.refresh.remaining(now)
        return self._board.patience(_LOADING_SECONDS if self._display.frame is None else _LONGEST_SECONDS)
