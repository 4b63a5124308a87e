"""Single frames in random order, decoded a few clips at a time, as a pure function of (seed, step)."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.errors import DataError
from model.footage.clip import Dataset, Frames

Order = npt.NDArray[np.int64]
"""(n,), indices of clips."""

_MOST_BYTES = 600_000_000  # held at once, unless a single clip takes more: 25 clips of 513 frames of 160x96 pixels


@dataclass(frozen=True, kw_only=True)
class FrameStreamConfig:
    """How frames are drawn."""

    batch: int = 16
    clips_at_once: int = 16
    """Clips that are decoded and shuffled together, give or take a half; fewer where they are too long for memory.

    16 clips of 513 frames of 160x96 take 380 MB.
    """


class FrameStream:
    """Batches of frames; each pass over the dataset is a new order of clips, shuffled within groups."""

    def __init__(self, dataset: Dataset, config: FrameStreamConfig, seed: int) -> None:
        """Prepare to draw from `dataset`; nothing is decoded yet.

        Raises:
            DataError: when the dataset holds less than one batch.
        """
        self._dataset, self._config, self._seed = dataset, config, seed
        self._counts = np.array(dataset.frame_counts)
        height, width = dataset.size
        whole = int(self._counts.sum()) * height * width * 3
        self._most_clips = max(1, _MOST_BYTES * len(self._counts) // max(1, whole))
        if self._counts.sum() < config.batch * len(self._groups(0)):  # some order might hold no whole batch
            raise DataError(
                f"{self._counts.sum()} frames are too few for batches of {config.batch}; "
                "add clips or make batches smaller"
            )
        self._held: tuple[int, int] | None = None
        self._frames: Frames = np.zeros((0, 0, 0, 3), np.uint8)

    def batch(self, step: int) -> Frames:
        """Frames (b, h, w, 3) of one step."""
        epoch, group, offset = self._locate(step)
        if self._held != (epoch, group):
            self._held = None
            self._decode(self._groups(epoch)[group])
            self._held = (epoch, group)
        order = np.random.default_rng([self._seed, epoch, group]).permutation(len(self._frames))
        return self._frames[order[offset : offset + self._config.batch]]

    def _decode(self, clips: Order) -> None:
        """Hold the frames of these clips and no others; none is ever held twice."""
        shape = (int(self._counts[clips].sum()), *self._dataset.size, 3)
        if self._frames.shape != shape:
            self._frames = np.zeros((0, 0, 0, 3), np.uint8)  # gone before its successor is there
            self._frames = np.empty(shape, np.uint8)
        place = 0
        for clip in clips:
            for frames in self._dataset.chunks(int(clip)):
                self._frames[place : place + len(frames)] = frames
                place += len(frames)

    def _groups(self, epoch: int) -> list[Order]:
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._counts))
        by_count = round(len(order) / self._config.clips_at_once)
        by_bytes = math.ceil(len(order) / self._most_clips)
        return np.array_split(order, max(1, by_count, by_bytes))

    def _locate(self, step: int) -> tuple[int, int, int]:
        """Epoch, group in the epoch and first frame in the group's order of one step."""
        epoch, batch = 0, self._config.batch
        while True:
            for group, clips in enumerate(self._groups(epoch)):
                steps = int(self._counts[clips].sum()) // batch
                if step < steps:
                    return epoch, group, step * batch
                step -= steps
            epoch += 1
