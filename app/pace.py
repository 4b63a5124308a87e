"""When the next frame is due: a fixed grid of times that does not drift."""

import math


class Pace:
    """Slots every `period` seconds from a start; a period of 0 is always due.

    After a step that took too long the slots it covered are missed, not made up for: no burst of frames
    follows, and the grid stays where it was.
    """

    def __init__(self, period: float) -> None:
        """Slots of `period` seconds, the first at once."""
        self._period = period
        self._next = -math.inf
        self.missed = 0

    def restart(self, now: float) -> None:
        """Lay the grid anew with its first slot at `now`."""
        self._next = now

    def remaining(self, now: float) -> float:
        """Seconds until the next slot, 0 or less when it is due."""
        return self._next - now

    def begin(self, now: float) -> None:
        """Use the slot that is due at `now`, and count those missed before it."""
        if self._period == 0 or not math.isfinite(self._next):
            self._next = now + self._period
            return
        late = max(0, math.floor((now - self._next) / self._period))
        self.missed += late
        self._next += (late + 1) * self._period
