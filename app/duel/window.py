"""Compare two worlds in a window: the main thread hands events on, shows pairs of frames, takes votes."""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from statistics import median

import pygame

from ..commands import ABOUT_THE_VIEW
from ..engine import Pixels, World
from ..keepsakes import Keeper, Place, keepsakes_folder
from ..pads import PAD_GONE
from ..seat import Seat
from ..settings import Settings
from ..toasts import Toasts
from .ballot import Ballot
from .commands import ABSENT, absence_of
from .display import DuelDisplay
from .duel import Duel
from .options import DuelOptions, Side
from .pairs import Pair
from .rounds import Round
from .view import DuelFacts
from .votes import Contender
from .voting import Choice, vote_of

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_LOADING_SECONDS = 0.125
_FIGURES_SECONDS = 0.25  # for which they stand, to be read
_REMEMBERED = 48  # steps in the figures
_CHOSEN_SECONDS = 1.2  # for which a vote stays lit


class DuelPlayer:
    """Everything the main thread owns, and the two generators that it looks after."""

    def __init__(
        self, options: DuelOptions, seat: Seat, open_world: Callable[[Side], World], ballot: Ballot, number: int
    ) -> None:
        """Show the loading screen and start both generators, with round `number`; votes go to the `ballot`."""
        self._options, self._seat, self._window = options, seat, seat.window
        self._toasts = Toasts(seat.window.wake)
        self._display = DuelDisplay(options, seat, self._toasts)
        self.preferences = seat.preferences
        self.keeper = Keeper(keepsakes_folder(), options.sides[0].spec, self.say)
        self._steps: tuple[deque[float], deque[float]] = (deque(maxlen=_REMEMBERED), deque(maxlen=_REMEMBERED))
        self._ballot = ballot
        self._chosen: Choice | None = None
        self._chosen_at = 0.0
        self._paused = self._rewinding = False
        self._shows_figures = True
        self._figures, self._figured_at = ("", ""), 0.0
        self._duel = Duel(options, seat.hands.sample, open_world, seat.window.wake, self.say, number)
        self._round = self._duel.round  # of the pair that is seen
        self._draw(time.perf_counter())
        self._duel.start()
        seat.preferences.listeners.append(self._follow)
        for note in (*seat.preferences.take_notes(), *self._differences()):
            self.say(note)

    def play(self) -> None:
        """Run the loop to its end."""
        display = self._display
        while not self._seat.stop.is_set() and (self._duel.running or self._duel.waiting):
            for event in self._window.wait_events(self._patience()):
                self._handle(event, self._window.arrived)
            now = time.perf_counter()
            if display.refresh.due(now):
                self._take_pair()
                if display.stale or display.moving(now):
                    self._draw(now)
        self._duel.check()

    def close(self) -> None:
        """Free the mouse, end both generators, free the graphics memory."""
        self.preferences.listeners.remove(self._follow)
        self._window.capture(False)
        self._seat.inputs.release()
        self._duel.stop()
        self.keeper.wait()
        self._ballot.log()
        self.preferences.save()
        self._display.close()

    def say(self, sentence: str) -> None:
        """Show a sentence for a while; any thread may."""
        self._toasts.say(sentence)

    def seen(self) -> Pixels:
        """Both pictures beside each other, without words (h, w, 3)."""
        return self._display.seen(self._round.order)

    @property
    def pair(self) -> Pair | None:
        """What is on the screen."""
        return self._display.pair

    @property
    def round(self) -> Round:
        """The round that was begun last."""
        return self._duel.round

    @property
    def place(self) -> Place:
        """Where the world is that stopped, or the first one of both, at the pair that is seen."""
        failed = (side for side in (0, 1) if self._duel.generators[side].error is not None)
        side = next(failed, 0)
        world, round_, other = self._contender(side), self._round, self._options.sides[1 - side].spec.name
        index = self.pair.index if self.pair is not None else 0
        return Place(world.name, world.hash, round_.seed, round_.start.name, index, world.steps, versus=other)

    def _differences(self) -> list[str]:
        """Sentences on what is not the same in both worlds."""
        rates = sorted({side.spec.fps for side in self._options.sides})
        if len(rates) == 1:
            return []
        return [f"both run at {rates[0]:g} frames a second; one of them is made for {rates[1]:g}"]

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        inputs = self._seat.inputs
        if inputs.loses_pad(event):
            self.say(PAD_GONE)
            if inputs.by_pad and self._window.captured:
                self._capture(False)
        if event.type == pygame.QUIT:
            self._seat.stop.set()
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWFOCUSGAINED):
            self._seat.inputs.release()
            self._seat.hands.focus(event.type == pygame.WINDOWFOCUSGAINED)
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._display.stale = True
        elif self._seat.inputs.goes_on(event) and not self._window.captured:
            self._go_on(event, now)
        elif event.type != pygame.MOUSEMOTION or self._window.captured:
            self._handle_play(event, now)

    def _handle_play(self, event: pygame.event.Event, now: float) -> None:
        self._display.stale |= event.type == pygame.MOUSEMOTION and self._display.warps
        commands, rewinding = self._seat.inputs.feed(event, now), self._seat.hands.holds("rewind")
        if rewinding and not self._rewinding:
            commands += ("rewind",)
        self._rewinding = rewinding
        choice = vote_of(event, self.preferences.bindings)
        if choice is not None:
            self._vote(choice, now)
        else:
            for command in commands:
                self._carry_out(command)
        if event.type == pygame.KEYDOWN and event.key == pygame.K_ESCAPE and self._window.captured:
            self._capture(False)  # whatever else a person had it do

    def _go_on(self, event: pygame.event.Event, now: float) -> None:
        """Take the mouse and go on, with a vote if it is one that was clicked."""
        if event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            choice = self._display.choice_at(event.pos, self._round.order)
            if choice is not None:
                self._vote(choice, now)
        self._capture(True)

    def _carry_out(self, command: str) -> None:
        if command == "menu" and self._window.captured:
            self._capture(False)
        elif command == "menu":
            self._seat.stop.set()
        elif command == "pause":
            self._pause(not self._paused)
        elif command == "step":
            self._duel.step_once()
        elif command == "reset":
            self._duel.begin(self._duel.round)
        elif command == "next scene":
            self._duel.begin(self._duel.next_round())
        elif command in ("figures", "hands"):
            self._shows_figures = not self._shows_figures
        elif command in ABSENT:
            self.say(absence_of(command))
        elif command != "screenshot" or self.pair is not None:  # before it there are no pictures
            ABOUT_THE_VIEW[command](self)
        self._display.stale = True

    def _follow(self, before: Settings, now: Settings) -> None:
        """Draw by other settings."""
        del before
        self._display.change(now.picture)

    def _capture(self, captured: bool) -> None:
        """Take the mouse and go on, or free it and pause."""
        self._seat.inputs.release()
        self._window.capture(captured)
        self._pause(not captured)

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        self._seat.hands.forget()  # what was done while nobody played
        self._duel.pause(paused)
        self._display.stale = True

    def _vote(self, choice: Choice, now: float) -> None:
        """Take a vote on the round that is seen, and begin the next."""
        pair, round_ = self.pair, self._round
        if self._turning or pair is None or not pair.index:
            return  # there is nothing yet to vote on
        self._chosen, self._chosen_at = choice, now
        a, b = (self._contender(side) for side in (0, 1))
        self._ballot.take(choice, round_, pair.index, a, b, datetime.now().astimezone())
        self.keeper.put("the vote", self._ballot.log)
        self._duel.begin(self._duel.next_round())

    def _contender(self, side: int) -> Contender:
        generator, spec = self._duel.generators[side], self._options.sides[side].spec
        assert generator.world is not None, "its frames are on the screen"
        return Contender(name=spec.name, hash=generator.world.hash, steps=generator.session_steps)

    @property
    def _turning(self) -> bool:
        """Whether a round has begun of which nothing is seen yet."""
        return self._round != self._duel.round

    def _take_pair(self) -> None:
        pair = self._duel.take()
        if pair is None:
            return
        if self._display.pair is None:
            self._capture(True)
        if pair.seed == self._duel.round.seed:
            self._round = self._duel.round
        for side, frame in enumerate(pair.frames):
            if frame.index:
                self._steps[side].append(frame.step_ms)
        self._display.take(pair)

    def _draw(self, now: float) -> None:
        pair, order = self._display.pair, self._round.order
        self._display.draw(now, order, None if pair is None else self._facts(now, pair, order))

    def _facts(self, now: float, pair: Pair, order: tuple[int, int]) -> DuelFacts:
        if now - self._figured_at >= _FIGURES_SECONDS:
            self._figures, self._figured_at = self._figures_of(pair, order), now
        left, right = (("AB"[side], self._options.sides[side].spec.title) for side in order)
        return DuelFacts(
            worlds=None if self._options.blind else (left, right),
            figures=self._figures if self._shows_figures else ("", ""),
            round=self._round.number,
            scene=self._round.start.name,
            votes=len(self._ballot.votes),
            chosen=self._chosen if now - self._chosen_at < _CHOSEN_SECONDS else None,
            action=pair.frames[0].action if self._shows_figures else None,
            turning=self._turning,
            paused=self._paused,
            captured=self._window.captured,
            bindings=self._seat.preferences.bindings(),
            by_pad=self._seat.inputs.by_pad,
        )

    def _figures_of(self, pair: Pair, order: tuple[int, int]) -> tuple[str, str]:
        """What stands under the pictures; of a blind comparison nothing that tells them apart."""
        rate = f"{pair.frames[0].rate:.1f} frames a second" if pair.frames[0].rate else "beginning"
        if self._options.blind:
            return rate, rate
        left, right = (
            f"{rate}, {median(self._steps[side] or [0.0]):.0f} ms each, "
            f"{(steps := self._duel.generators[side].session_steps)} step{'s' * (steps != 1)}"
            for side in order
        )
        return left, right

    def _patience(self) -> float:
        """Seconds to wait for an event: short when a picture waits for its turn."""
        now = time.perf_counter()
        if self._display.stale or self._duel.waiting or self._display.moving(now):
            return self._display.refresh.remaining(now)
        return _LOADING_SECONDS if self.pair is None else _LONGEST_SECONDS
