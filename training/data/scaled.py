"""Footage at a smaller size, for runs that have to be quick."""

import hashlib
from dataclasses import dataclass

import numpy as np

from model.errors import DataError

from .clip import Clip, Dataset, Frames


@dataclass(frozen=True)
class ScaledDataset:
    """A dataset whose every picture is the mean over squares of pixels of another one's."""

    source: Dataset
    size: tuple[int, int]
    """Height and width; both sides of the source's are the same whole multiple of it."""

    def __post_init__(self) -> None:
        """Refuse a size that does not divide the source's."""
        (height, width), (rows, columns) = self.source.size, self.size
        if height % rows or width % columns or height // rows != width // columns:
            raise DataError(
                f"the footage is {width}x{height}, the recipe wants {columns}x{rows}, which does not divide it evenly; "
                "record or resize the footage to a multiple of that, or choose another recipe"
            )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in the source's order."""
        return self.source.names

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self.source.fps

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return self.source.frame_counts

    def read(self, index: int) -> Clip:
        """Decode one clip, whole, and scale it."""
        clip = self.source.read(index)
        return Clip(clip.name, scaled(clip.frames, self.size), clip.actions)

    def digest(self, index: int) -> str:
        """Content hash of one clip and the size."""
        return hashlib.sha256(f"{self.source.digest(index)} {self.size}".encode()).hexdigest()


def scaled(frames: Frames, size: tuple[int, int]) -> Frames:
    """Frames (t, h, w, 3) -> (t, *size, 3), each pixel the mean of a square, rounded."""
    t, height, width, _ = frames.shape
    rows, columns = size
    if (height, width) == size:
        return frames
    squares = frames.reshape(t, rows, height // rows, columns, width // columns, 3)
    return (squares.mean((2, 4), dtype=np.float32) + 0.5).astype(np.uint8)
