"""What each round of a comparison shows: a scene, a seed, which world is on which side. All follows from one seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MOST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Start:
    """A picture that both worlds begin with."""

    name: str
    picture: Path


@dataclass(frozen=True)
class Round:
    """One comparison, up to its vote."""

    number: int
    """From 1."""
    start: Start
    seed: int
    """Of the noise in both worlds."""
    swapped: bool
    """Whether the second world is on the left."""

    @property
    def order(self) -> tuple[int, int]:
        """Which world is left, which right: 0 is the first, 1 the second."""
        return (1, 0) if self.swapped else (0, 1)


class Rounds:
    """All rounds of a comparison, as many as are asked for."""

    def __init__(self, seed: int, starts: Sequence[Start], *, blind: bool) -> None:
        """Draw from `seed`; each start comes once before any comes again, and `blind` shuffles the sides."""
        self._seed, self._starts, self._blind = seed, tuple(starts), blind

    def draw(self, number: int) -> Round:
        """Return a round, always the same for a number."""
        lap, place = divmod(number - 1, len(self._starts))
        order = random.Random(f"arvd starts {self._seed} {lap}").sample(self._starts, len(self._starts))
        drawn = random.Random(f"arvd round {self._seed} {number}")
        seed, swapped = drawn.randint(0, _MOST_SEED), drawn.random() < 0.5
        return Round(number, order[place], seed, swapped and self._blind)
