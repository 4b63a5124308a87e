"""Footage at a smaller size, for runs that have to be quick."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.errors import DataError

from .clip import Clip, Dataset, Frames
from .gf_minecraft import GFMinecraft
from .view import DatasetView


@dataclass(frozen=True)
class ScaledDataset(DatasetView):
    """A dataset whose every picture is the mean over squares of pixels of another one's."""

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
    means: Frames = (squares.mean((2, 4), dtype=np.float32) + 0.5).astype(np.uint8)
    return means


def open_footage(path: Path, size: tuple[int, int] | None) -> Dataset:
    """Open a dataset in GF-Minecraft layout, scaled down to `size` (height, width) unless that is None.

    Raises:
        DataError: when the footage cannot be used or `size` does not divide its own.
    """
    footage = GFMinecraft(path)
    return footage if size in (None, footage.size) else ScaledDataset(footage, size)
