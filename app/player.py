"""Play in a window: the main thread hands events on, shows the newest frame, never waits for the model.

Nothing is drawn twice: the loop sleeps until an event, a new frame or a moving overlay asks for a picture,
and shows no more a second than the settings say. Where a CPU draws, each picture costs the generator time.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pygame

from model.world_spec import read_scenes, world_hash

from .commands import carry_out
from .display import Display
from .engine import Pixels, World
from .generation import Generator
from .handover import WalkFacts
from .hands import Hands
from .headless import run_figures
from .inputs import Inputs
from .keepsakes import ClipWriter, Place, keepsakes_folder
from .menu import Choice, Kind, Menu
from .menu_view import MenuView, load_picture
from .options import Options
from .overlays import Counts, Mood, Overlays
from .pads import start_pads
from .picture import Sprite
from .recording import Recording
from .settings import Loaded, PictureSettings, save_settings, settings_path
from .slots import Slots, saves_folder
from .startup import generator_options
from .toasts import Toasts
from .window import Window

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_LOADING_SECONDS = 0.125


class Player:
    """Everything the main thread owns, and the generator it looks after."""

    def __init__(
        self,
        options: Options,
        window: Window,
        open_world: Callable[[], World],
        stop: threading.Event,
        recording: Recording,
        loaded: Loaded,
    ) -> None:
        """Show the loading screen and start the generator."""
        self._options, self._window, self._stop, self._loaded = options, window, stop, loaded
        self.recording, self.settings = recording, loaded.settings
        scenes = read_scenes(options.world)
        self.scenes = tuple(scene.name for scene in scenes)
        self.slots = Slots(saves_folder(options.spec.name), world_hash(options.world))
        self._toasts = Toasts(window.wake)
        self._hands = Hands(self.settings.hands)
        self._inputs = Inputs(self.settings.hands, self._hands)
        self._menu, self._menu_view = Menu(self.scenes), MenuView(options.spec.title, scenes)
        overlays = Overlays(options.spec, recording, self._toasts, figures=self.settings.play.figures)
        self._overlays = overlays
        self._display = Display(window, options.spec, self.settings.picture, overlays, self._hands)
        self._clips = ClipWriter(keepsakes_folder(), options.spec, self.say)
        self._paused = self._rewinding = False
        behind = next((scene.picture for scene in scenes if scene.name == options.scene), scenes[0].picture)
        if (surface := load_picture(behind)) is not None:
            self._display.still(np.ascontiguousarray(pygame.surfarray.array3d(surface).swapaxes(0, 1)))
        self.generator = Generator(
            open_world,
            self._hands.sample,
            generator_options(options, self.settings.play),
            recording=recording,
            wake=window.wake,
            say=self.say,
        )
        self._draw(time.perf_counter())
        self.generator.start()
        start_pads()
        for note in loaded.notes:
            self.say(note)

    def play(self) -> None:
        """Run the loop to its end."""
        display = self._display
        while not self._stop.is_set() and (self.generator.running or self.generator.waiting):
            for event in self._window.wait_events(self._patience()):
                self._handle(event, time.perf_counter())
            now = time.perf_counter()
            if now - display.drawn_at >= display.shortest:
                self._take_frame()
                if display.stale or display.moving(now, self._mood):
                    self._draw(now)
        self.generator.check()

    def close(self) -> None:
        """Free the mouse and end the generator."""
        self._window.capture(False)
        self.generator.stop()
        self._clips.wait()

    def report(self) -> dict[str, object] | None:
        """Return the figures of the run, None if no world was loaded."""
        generator, stats = self.generator, self._display.stats
        if generator.world is None or generator.startup_ms is None:
            return None
        return run_figures(self._options, generator.world, generator.session_steps, generator.stats) | {
            "startup_ms": round(generator.startup_ms, 1),
            "first_frame_ms": round(generator.first_frame_ms or 0.0, 1),
            "latency_ms": stats.latency.percentiles(50, 95),
            "camera_ms": stats.camera.percentiles(50, 95),
            "display_fps": round(stats.mean_rate(), 2),
            "display_ms": stats.drawn.percentiles(50, 95, 99),
            "gap_ms": stats.gaps.percentiles(50, 95, 99),
            "dropped": generator.dropped,
            "late": generator.late,
            "window": list(self._window.size),
            "renderer": self._window.renderer,
        }

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
        facts, frame = self.facts, self._display.frame
        replay = self.recording.replay
        return Place(
            world=self._options.spec.name,
            world_hash=self.slots.world,
            seed=facts.seed if facts else self._options.seed,
            scene=(facts.scene if facts else None) or self.scenes[0],
            index=self.recording.recorder.taken if replay else frame.index if frame else 0,
            steps=facts.steps if facts else 0,
            replay=replay,
        )

    @property
    def picture_settings(self) -> PictureSettings:
        """How frames come to the screen."""
        return self.settings.picture

    def change_picture(self, settings: PictureSettings) -> None:
        """Draw otherwise from now on, and the next time."""
        before, self.settings = self.settings.picture, replace(self.settings, picture=settings)
        self._display.change(settings)
        if settings.fullscreen != before.fullscreen:
            self._window.toggle_fullscreen()
        save_settings(settings_path(), self.settings, self._loaded.kept)

    def seen(self) -> Pixels:
        """What is on the screen, without overlays (h, w, 3)."""
        return self._display.seen()

    @property
    def clips(self) -> ClipWriter:
        """What writes clips of the last seconds."""
        return self._clips

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
        self._inputs.release()
        self._window.capture(False)
        self._menu.open()
        self._display.stale = True

    @property
    def _mood(self) -> Mood:
        if self._display.frame is None:
            return Mood.LOADING
        if self._menu.is_open:
            return Mood.MENU
        if self._rewinding:
            return Mood.REWINDING
        return Mood.PAUSED if self._paused else Mood.PLAYING

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        if event.type == pygame.QUIT:
            self._stop.set()
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWFOCUSGAINED):
            self._inputs.release()
            self._hands.focus(event.type == pygame.WINDOWFOCUSGAINED)
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._display.stale = True
        elif self._menu.is_open:
            self._handle_menu(event)
        elif event.type == pygame.MOUSEBUTTONDOWN and not self._window.captured:
            self._window.capture(True)
            self._display.stale = True
        elif event.type != pygame.MOUSEMOTION or self._window.captured:
            self._handle_play(event, now)

    def _handle_play(self, event: pygame.event.Event, now: float) -> None:
        if event.type == pygame.MOUSEMOTION:
            self._display.note_motion(now)
        for command in self._inputs.feed(event, now):
            try:
                carry_out(command, self)
            except OSError as error:
                self.say(f"{command} failed: {error.strerror or error}")
        rewinding = self._hands.holds("rewind") and not self._menu.is_open
        if rewinding != self._rewinding:
            self._rewinding = rewinding
            self.generator.rewind(rewinding)
            self._display.stale = True

    def _handle_menu(self, event: pygame.event.Event) -> None:
        before = (self._menu.page, self._menu.selected)
        choice = self._menu.feed(event, self._window.size)
        self._display.stale |= before != (self._menu.page, self._menu.selected)
        if choice is not None:
            self._carry_out(choice)

    def _carry_out(self, choice: Choice) -> None:
        if choice.kind is Kind.QUIT:
            self._stop.set()
            return
        if choice.kind is Kind.RESET:
            self.generator.restart()
        elif choice.kind is Kind.SCENE:
            self.generator.restart(choice.scene)
        elif choice.kind is Kind.RECORD:
            self.recording.toggle()
        self._menu.close()
        self._window.capture(True)
        self._paused = False
        self.generator.pause(False)
        self._display.stale = True

    def _take_frame(self) -> None:
        frame = self.generator.take()
        if frame is None:
            return
        if self._display.frame is None and not self._menu.is_open:
            self._window.capture(True)
        self._display.take(frame)

    def _draw(self, now: float) -> None:
        generator = self.generator
        shown = self._display.stats.rate.per_second()
        counts = Counts(generator.world, generator.dropped, generator.late, shown)
        self._display.draw(now, self._mood, self._menu_sprites(), counts)

    def _menu_sprites(self) -> list[Sprite]:
        if not self._menu.is_open:
            return []
        layout = self._menu.layout(self._window.size)
        return [Sprite("menu", self._menu_view.surface(self._menu, layout), layout.panel.topleft)]

    def _patience(self) -> float:
        """Seconds to wait for an event: short when a picture waits for its turn."""
        display = self._display
        if display.stale or self.generator.waiting or display.moving(time.perf_counter(), self._mood):
            return max(0.0, display.shortest - (time.perf_counter() - display.drawn_at))
        return _LOADING_SECONDS if display.frame is None else _LONGEST_SECONDS
