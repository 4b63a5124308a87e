"""Short runs of neighbouring frames, drawn as a pure function of (seed, step) from clips that are prepared once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from model.errors import DataError
from model.footage.clip import Clip, Dataset

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class WindowStreamConfig:
    """How windows are drawn."""

    frames: int = 25
    """Frames of a window; it has one transition less."""
    batch: int = 16
    clips_at_once: int = 24
    """Clips that are held in memory, to draw from."""
    steps_per_clip: int = 30
    """Steps after which the oldest clip makes room for the next one."""

    def __post_init__(self) -> None:
        """Refuse what draws nothing."""
        if self.frames < 2 or min(self.batch, self.clips_at_once, self.steps_per_clip) < 1:
            raise ValueError("windows need at least 2 frames, and batch, clips_at_once and steps_per_clip at least 1")


class WindowStream(Generic[T]):
    """Places of windows; the clips drawn from move on one by one through an endless shuffled order.

    So a clip is decoded and prepared once a pass however often it is drawn from, and memory stays the same for any
    dataset.
    """

    def __init__(
        self,
        dataset: Dataset,
        config: WindowStreamConfig,
        seed: int,
        prepare: Callable[[Clip, np.random.Generator], T],
    ) -> None:
        """Prepare to draw from `dataset`; nothing is decoded yet.

        `prepare` makes of a clip what is held of it, with randomness of its own for every pass.

        Raises:
            DataError: when a clip is shorter than a window.
        """
        for name, count in zip(dataset.names, dataset.frame_counts, strict=True):
            if count < config.frames:
                raise DataError(f"{name}: has {count} frames, windows of {config.frames} are wanted; drop short clips")
        self._dataset, self._config, self._seed, self._prepare = dataset, config, seed, prepare
        self._held: dict[int, T] = {}  # by place in the endless order

    def windows(self, step: int) -> list[tuple[T, int]]:
        """What is held of the clip of each window of one step, and the window's first frame."""
        count = len(self._dataset.names)
        oldest = step // self._config.steps_per_clip
        places = range(oldest, oldest + min(count, self._config.clips_at_once))
        # in two strokes, so that what is no longer needed goes before the next clip comes
        self._held = {place: self._held[place] for place in places if place in self._held}
        for place in places:
            if place not in self._held:
                rng = np.random.default_rng([self._seed, 0, place])
                self._held[place] = self._prepare(self._dataset.read(self._clip(place)), rng)
        rng = np.random.default_rng([self._seed, 1, step])
        drawn = [places[k] for k in rng.integers(len(places), size=self._config.batch)]
        lasts = [self._dataset.frame_counts[self._clip(place)] - self._config.frames for place in drawn]
        return [(self._held[place], int(rng.integers(last + 1))) for place, last in zip(drawn, lasts, strict=True)]

    def _clip(self, place: int) -> int:
        """Index of the clip at a place in the endless order."""
        pass_, k = divmod(place, len(self._dataset.names))
        order = np.random.default_rng([self._seed, 2, pass_]).permutation(len(self._dataset.names))
        return int(order[k])
