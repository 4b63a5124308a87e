"""When the next picture may be shown: evenly, and no more a second than a person asked for."""

import math

_EARLY = 0.001  # seconds; waiting for events is no finer than this


class Refresh:
    """The turns of a window's pictures.

    A picture that is a little late does not put off the next one, so that jitter does not add up; one that comes
    after a rest begins anew, so that no burst follows.
    """

    def __init__(self, rate: float) -> None:
        """Allow `rate` pictures a second, the first at once."""
        self.rate = rate
        self._next = -math.inf

    def due(self, now: float) -> bool:
        """Whether it is the turn of a picture at `now` seconds."""
        return self.remaining(now) <= _EARLY

    def remaining(self, now: float) -> float:
        """Seconds until the next turn, 0 if it has come."""
        return max(0.0, self._next - now)

    def begin(self, now: float) -> None:
        """Use the turn of now."""
        period = 1 / self.rate
        late = now - self._next
        self._next = now + period if late > period / 2 else self._next + period
