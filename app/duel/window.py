"""Compare two worlds in a window: the main thread hands events on, shows pairs of frames, takes votes."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from statistics import median

import pygame

from .. import theme
from ..display import turn_since
from ..engine import World
from ..keepsakes import Place
from ..pads import PAD_GONE
from ..picture import Picture, Sprite
from ..refresh import Refresh
from ..room import SAID, room_of
from ..screens import loading
from ..seat import Seat
from ..toasts import Toasts
from .ballot import Ballot
from .duel import Duel
from .layout import layout_of
from .options import DuelOptions, Side
from .pairs import Pair
from .rounds import Round
from .view import Choice, DuelFacts, DuelView
from .votes import Contender

_LONGEST_SECONDS = 0.25  # without an event; signals are looked at so often
_BEAT_SECONDS = 0.25  # of the loading screen, and of figures that can be read
_VOTES: dict[int, Choice] = {pygame.K_1: "left", pygame.K_2: "right", pygame.K_0: "none"}
_PAD_VOTES: dict[int, tuple[str, Choice]] = {
    pygame.CONTROLLER_BUTTON_DPAD_LEFT: ("pad left", "left"),
    pygame.CONTROLLER_BUTTON_DPAD_RIGHT: ("pad right", "right"),
    pygame.CONTROLLER_BUTTON_DPAD_DOWN: ("pad down", "none"),
}
_REMEMBERED = 48  # steps in the figures
_TURNING_LIGHT, _PAUSED_LIGHT = 0.4, 0.7
_CHOSEN_SECONDS = 1.2  # for which a vote stays lit


class DuelPlayer:
    """Everything the main thread owns, and the two generators that it looks after."""

    def __init__(
        self, options: DuelOptions, seat: Seat, open_world: Callable[[Side], World], ballot: Ballot, number: int
    ) -> None:
        """Show the loading screen and start both generators, with round `number`; votes go to the `ballot`."""
        self._options, self._seat, self._window = options, seat, seat.window
        self._toasts = Toasts(seat.window.wake)
        self._view = DuelView()
        self._pictures = tuple(
            Picture(seat.window.context, field_of_view=side.spec.field_of_view) for side in options.sides
        )
        self.pair: Pair | None = None
        """What is on the screen."""
        self._steps: tuple[deque[float], deque[float]] = (deque(maxlen=_REMEMBERED), deque(maxlen=_REMEMBERED))
        self._ballot = ballot
        self._chosen: Choice | None = None
        self._chosen_at = 0.0
        self._paused = False
        self._shows_figures = True
        self._figures, self._figured_at = ("", ""), 0.0
        self._stale, self._drawn_at = True, 0.0
        self._duel = Duel(options, seat.hands.sample, open_world, seat.window.wake, self._toasts.say, number)
        self._round = self._duel.round  # of the pair that is seen
        settings = seat.preferences.settings.picture
        self._refresh = Refresh(settings.most_fps, seat.window.screen)
        self._warps = settings.late_warp and not settings.reduced_motion
        self._still = self._toasts.still = settings.reduced_motion
        self._text_scale = settings.text_scale
        for picture in self._pictures:
            picture.filter = settings.filter
        self._draw(time.perf_counter())
        self._duel.start()
        for note in (*seat.preferences.take_notes(), *self._differences()):
            self._toasts.say(note)

    def play(self) -> None:
        """Run the loop to its end."""
        while not self._seat.stop.is_set() and (self._duel.running or self._duel.waiting):
            for event in self._window.wait_events(self._patience()):
                self._handle(event, self._window.arrived)
            now = time.perf_counter()
            if self._refresh.due(now):
                self._take_pair()
                if self._stale or self._moving(now):
                    self._draw(now)
        self._duel.check()

    def close(self) -> None:
        """Free the mouse, end both generators, free the graphics memory."""
        self._window.capture(False)
        self._seat.inputs.release()
        self._duel.stop()
        for picture in self._pictures:
            picture.release()

    @property
    def round(self) -> Round:
        """The round that was begun last."""
        return self._duel.round

    @property
    def place(self) -> Place:
        """Where the world is that stopped, or the first one of both."""
        failed = (side for side in (0, 1) if self._duel.generators[side].error is not None)
        world, start = self._contender(next(failed, 0)), self.round.start.name
        index = self.pair.index if self.pair is not None else 0
        return Place(world.name, world.hash, self.round.seed, start, index, world.steps)

    def _differences(self) -> list[str]:
        """Sentences on what is not the same in both worlds."""
        rates = sorted({side.spec.fps for side in self._options.sides})
        if len(rates) == 1:
            return []
        return [f"both run at {rates[0]:g} frames a second; one of them is made for {rates[1]:g}"]

    def _handle(self, event: pygame.event.Event, now: float) -> None:
        inputs = self._seat.inputs
        if inputs.loses_pad(event):
            self._toasts.say(PAD_GONE)
            if inputs.by_pad and self._window.captured:
                self._capture(False)
        if event.type == pygame.QUIT:
            self._seat.stop.set()
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWFOCUSGAINED):
            self._seat.inputs.release()
            self._seat.hands.focus(event.type == pygame.WINDOWFOCUSGAINED)
        elif event.type in (pygame.VIDEORESIZE, pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED):
            self._stale = True
        elif event.type == pygame.KEYDOWN and event.key in _VOTES:
            self._vote(_VOTES[event.key], now)
        elif (choice := self._voted_by_pad(event)) is not None:
            self._vote(choice, now)
        elif self._seat.inputs.goes_on(event) and not self._window.captured:
            self._capture(True)
        elif event.type != pygame.MOUSEMOTION or self._window.captured:
            self._stale |= event.type == pygame.MOUSEMOTION and self._warps
            for command in self._seat.inputs.feed(event, now):
                self._carry_out(command)

    def _voted_by_pad(self, event: pygame.event.Event) -> Choice | None:
        """What a pad's button votes, if it does not walk."""
        if event.type != pygame.CONTROLLERBUTTONDOWN or event.button not in _PAD_VOTES:
            return None
        name, choice = _PAD_VOTES[event.button]
        return None if self._seat.inputs.plays(name) else choice

    def _carry_out(self, command: str) -> None:
        if command == "menu" and self._window.captured:
            self._capture(False)
        elif command == "menu":
            self._seat.stop.set()
        elif command == "pause":
            self._pause(not self._paused)
        elif command == "reset":
            self._duel.begin(self._duel.round)
        elif command == "next scene":
            self._duel.begin(self._duel.next_round())
        elif command in ("figures", "hands"):
            self._shows_figures = not self._shows_figures
        elif command == "fullscreen":
            self._window.toggle_fullscreen()
        self._stale = True

    def _capture(self, captured: bool) -> None:
        """Take the mouse and go on, or free it and pause."""
        self._seat.inputs.release()
        self._window.capture(captured)
        self._pause(not captured)

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        self._seat.hands.forget()  # what was done while nobody played
        self._duel.pause(paused)
        self._stale = True

    def _vote(self, choice: Choice, now: float) -> None:
        """Take a vote on the round that is seen, and begin the next."""
        pair, round_ = self.pair, self._round
        if self._turning or pair is None or not pair.index:
            return  # there is nothing yet to vote on
        self._chosen, self._chosen_at = choice, now
        a, b = (self._contender(side) for side in (0, 1))
        try:
            self._ballot.take(choice, round_, pair.index, a, b, datetime.now().astimezone())
        except OSError as error:
            self._toasts.say(f"the vote could not be written ({error.strerror}); it counts until you leave")
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
        if self.pair is None:
            self._capture(True)
        if pair.seed == self._duel.round.seed:
            self._round = self._duel.round
        for side, frame in enumerate(pair.frames):
            self._pictures[side].upload(frame.pixels)
            if frame.index:
                self._steps[side].append(frame.step_ms)
        self.pair, self._stale = pair, True

    def _draw(self, now: float) -> None:
        self._refresh.begin(now)
        size = self._window.size
        if self.pair is None:
            beat, scale = self._beat(now), theme.text_scale_of(size, self._text_scale)
            sprites = loading("A or B?", size, beat, "waking two worlds", text_scale=self._text_scale)
            sprites += self._toasts.sprites(room_of(size, SAID), now, scale)
            self._pictures[0].draw(size, sprites)
        else:
            self._draw_pair(size, now, self.pair)
        self._window.show()
        self._drawn_at, self._stale = now, False

    def _draw_pair(self, size: tuple[int, int], now: float, pair: Pair) -> None:
        first, second = order = self._round.order
        specs = [self._options.sides[side].spec for side in order]
        shapes = ((specs[0].width, specs[0].height), (specs[1].width, specs[1].height))
        places = layout_of(size, shapes, self._text_scale)
        light = _TURNING_LIGHT if self._turning else _PAUSED_LIGHT if self._paused else 1.0
        sprites = self._view.sprites(places, self._facts(now, pair, order))
        room = replace(room_of(size), bottom=places.entries[0].top)
        sprites += self._toasts.sprites(room, now, places.scale)
        for side, place in zip((first, second), places.pictures, strict=True):
            frame = pair.frames[side]
            turn = turn_since(frame, self._seat.hands) if self._warps and not self._paused else None
            over: list[Sprite] = sprites if side == second else []
            self._pictures[side].draw(size, over, light=light, turn=turn, place=place, clear=side == first)

    def _facts(self, now: float, pair: Pair, order: tuple[int, int]) -> DuelFacts:
        if now - self._figured_at >= _BEAT_SECONDS:
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

    def _moving(self, now: float) -> bool:
        beats = self.pair is None and self._beat(now) != self._beat(self._drawn_at)
        return beats or self._toasts.moving(now)

    def _beat(self, now: float) -> int | None:
        """Which dot of the loading screen is lit, counted on; None where nothing moves."""
        return None if self._still else int(now / _BEAT_SECONDS)

    def _patience(self) -> float:
        """Seconds to wait for an event: short when a picture waits for its turn."""
        now = time.perf_counter()
        if self._stale or self._duel.waiting or self._moving(now):
            return self._refresh.remaining(now)
        return _LONGEST_SECONDS / 2 if self.pair is None else _LONGEST_SECONDS
