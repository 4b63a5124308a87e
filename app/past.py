"""What lies behind a walk while one goes back in it: from where to where, and how it looked on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

from .engine import Pixels
from .timeline import Moment

PICTURES = 12
"""Most that are taken along to be looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The stretch that can be gone back, by the numbers of its frames."""

    oldest: int
    newest: int
    """Where play was when one began to go back."""
    pictures: tuple[Pixels, ...]
    """From the middles of equally long parts of it, the oldest first; no copies."""

    @staticmethod
    def of(moments: Sequence[Moment]) -> "Past":
        """Return what can be said of `moments`, oldest first, of which there is one at least."""
        parts = min(PICTURES, len(moments))
        middles = ((2 * part + 1) * len(moments) // (2 * parts) for part in range(parts))
        return Past(moments[0].index, moments[-1].index, tuple(moments[middle].pixels for middle in middles))

    def share(self, index: int) -> float:
        """How far along from the oldest (0) to the newest (1) a frame is."""
        return (index - self.oldest) / max(1, self.newest - self.oldest)
