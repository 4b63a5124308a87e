"""When the next picture may be shown: evenly, and no more a second than a person asked for or the display shows."""

import math
import time
from collections.abc import Callable
from typing import Protocol

from .screen import Screen

_EARLY = 0.0002  # seconds; waiting for events is no finer than this
_SPARE = 1.5
"""Turns for each picture of a display that paces by itself: late enough not to beat against it, and a limit where a
driver only says that it waits. Elsewhere what is new is shown as many times sooner than its turn at most."""
_IN_TURN = 3  # pictures between two that come before their turn, which so are a tenth more at most
_BRIEF = 0.001  # seconds by which nobody sees a picture come later


class Stage(Protocol):
    """What pictures are drawn of."""

    @property
    def waiting(self) -> bool:
        """Whether something new is there to be taken."""

    def moves(self, now: float) -> bool:
        """Whether there is a picture to draw."""

    def draw(self, now: float) -> None:
        """Draw it, with `begin`."""

    def take(self) -> None:
        """Prepare what is new, if something is."""


class Refresh:
    """The turns of a window's pictures.

    A picture that is a little late does not put off the next one, so that jitter does not add up; one that comes
    after a rest begins anew, so that no burst follows. Where pictures wait for the display, and no fewer are asked for
    than it shows, the wait alone makes them even. Where they do not wait, something new has its turn as soon as it is
    there, unless the last picture was only just shown or some came so lately; turns are counted from then on.
    """

    def __init__(self, most: float, screen: Callable[[], Screen] = Screen) -> None:
        """Allow `most` pictures a second, 0 for as many as the screen of the moment shows; the first at once."""
        self.most = most
        self._screen = screen
        self._next = -math.inf
        self._in_turn = 0  # pictures since the last that came before its turn
        self._passed_over = False  # what waits was there at the turn before, and was not prepared

    def due(self, now: float) -> bool:
        """Whether it is the turn of a picture at `now` seconds."""
        return self.remaining(now) <= _EARLY

    def remaining(self, now: float) -> float:
        """Seconds until the next turn, 0 if it has come."""
        return max(0.0, self._next - now)

    def prepares(self, now: float, seconds: float) -> bool:
        """Whether what takes `seconds` to prepare is begun at `now`, so that it is ready by the next turn.

        What comes too late for that is not begun before the turn, which it would put off.
        """
        left = self.remaining(now)
        return left <= _EARLY or seconds / 2 <= left <= self._lead(seconds) + _EARLY

    def until_prepared(self, now: float, seconds: float) -> float:
        """Seconds until the next time that `prepares` says yes, as far as it does not already."""
        left, lead = self.remaining(now), self._lead(seconds)
        return left - lead if left > lead else left

    def take_turn(self, stage: Stage, seconds: float, clock: Callable[[], float] = time.perf_counter) -> None:
        """Draw and take what it is time for; taking needs `seconds`.

        Something new that is not ready waits for the next turn rather than to put off this one, unless it is brief.
        It waits for one alone: where there is a picture to draw at every turn, the time before one may never suffice.
        """
        now = clock()
        if self.due(now) and stage.moves(now):
            if stage.waiting and (self._passed_over or seconds < _BRIEF):
                stage.take()
            self._passed_over = stage.waiting
            stage.draw(now)
        if stage.waiting and self.prepares(clock(), seconds):
            at_once = self._free
            stage.take()
            self._passed_over = False
            if at_once:
                self._next = clock()
                stage.draw(self._next)
                self._in_turn = 0

    def begin(self, now: float) -> None:
        """Use the turn of now."""
        self._in_turn += 1
        period = 1 / self._rate()
        late = now - self._next
        self._next = now + period if late > period / 2 else self._next + period

    def _lead(self, seconds: float) -> float:
        """Seconds before a turn at which what takes `seconds` to prepare is begun at the soonest."""
        return seconds + ((1 - 1 / _SPARE) / self._rate() if self._free else 0.0)

    @property
    def _free(self) -> bool:
        """Whether a picture may come before its turn: nothing paces it, and nobody said how many there may be."""
        return self._in_turn >= _IN_TURN and not self.most and not self._screen().waits

    def _rate(self) -> float:
        """Turns a second."""
        screen = self._screen()
        most = self.most or screen.rate
        return _SPARE * screen.rate if screen.waits and most >= screen.rate else most
