"""Footage at a smaller size, for runs that have to be quick."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.errors import DataError
from model.footage.clip import Dataset, Frames
from model.footage.gf_minecraft import GFMinecraft
from model.footage.view import DatasetView


@dataclass(frozen=True)
class ScaledDataset(DatasetView):
    """A dataset whose every picture is the mean over squares of pixels of another one's."""

    scaled_size: tuple[int, int]
    """Height and width; both sides of the source's are the same whole multiple of it."""

    def __post_init__(self) -> None:
        """Refuse a size that does not divide the source's."""
        (height, width), (rows, columns) = self.source.size, self.scaled_size
        if height % rows or width % columns or height // rows != width // columns:
            raise DataError(
                f"the footage is {width}x{height}, the recipe wants {columns}x{rows}, which does not divide it evenly; "
                "record or resize the footage to a multiple of that, or choose another recipe"
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self.scaled_size

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time and scale it."""
        return (scaled(frames, self.size) for frames in self.source.chunks(index))

    def digest(self, index: int) -> str:
        """Content hash of one clip and the size."""
        return hashlib.sha256(f"{self.source.digest(index)} {self.size}".encode()).hexdigest()

    def video(self, index: int) -> None:
        """No file holds the scaled frames."""


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
