"""When the next picture may be shown: evenly, and no more a second than a person asked for or the display shows."""

import math
from collections.abc import Callable

from .screen import Screen

_EARLY = 0.0002  # seconds; waiting for events is no finer than this
_SPARE = 1.5
"""Turns for each picture of a display that paces by itself: late enough not to beat against it, and a limit where a
driver only says that it waits."""


class Refresh:
    """The turns of a window's pictures.

    A picture that is a little late does not put off the next one, so that jitter does not add up; one that comes
    after a rest begins anew, so that no burst follows. Where pictures wait for the display, and no fewer are asked for
    than it shows, the wait alone makes them even.
    """

    def __init__(self, most: float, screen: Callable[[], Screen] = Screen) -> None:
        """Allow `most` pictures a second, 0 for as many as the screen of the moment shows; the first at once."""
        self.most = most
        self._screen = screen
        self._next = -math.inf

    def due(self, now: float) -> bool:
        """Whether it is the turn of a picture at `now` seconds."""
        return self.remaining(now) <= _EARLY

    def remaining(self, now: float) -> float:
        """Seconds until the next turn, 0 if it has come."""
        return max(0.0, self._next - now)

    def prepares(self, now: float, seconds: float) -> bool:
        """Whether what takes `seconds` to prepare is begun at `now`: so that it is ready by the next turn, no sooner.

        What comes too late for that is not begun before the turn, which it would put off.
        """
        left = self.remaining(now)
        return left <= _EARLY or seconds / 2 <= left <= seconds + _EARLY

    def until_prepared(self, now: float, seconds: float) -> float:
        """Seconds until the next time that `prepares` says yes, as far as it does not already."""
        left = self.remaining(now)
        return left - seconds if left > seconds else left

    def begin(self, now: float) -> None:
        """Use the turn of now."""
        period = 1 / self._rate()
        late = now - self._next
        self._next = now + period if late > period / 2 else self._next + period

    def _rate(self) -> float:
        """Turns a second."""
        screen = self._screen()
        most = self.most or screen.rate
        return _SPARE * screen.rate if screen.waits and most >= screen.rate else most
