"""Footage at another size: cropped to the new shape around its middle, then shrunk by area."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce

import numpy as np
import numpy.typing as npt

from model.errors import DataError
from model.footage.clip import Frames
from model.footage.view import DatasetView


@dataclass(frozen=True)
class ResizedDataset(DatasetView):
    """A dataset whose every picture is another one's, cropped as little as can be and shrunk."""

    resized_size: tuple[int, int]
    """Height and width; no side is longer than the source's."""

    def __post_init__(self) -> None:
        """Refuse to enlarge."""
        (height, width), (rows, columns) = self.source.size, self.resized_size
        if not (0 < rows <= height and 0 < columns <= width):
            raise DataError(
                f"the footage is {width}x{height}, smaller than {columns}x{rows}, which shows nothing more; "
                "take a size that fits into it"
            )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self.resized_size

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time and resize it."""
        return (resized(frames, self.size) for frames in self.source.chunks(index))

    def digest(self, index: int) -> str:
        """Content hash of one clip and the size."""
        return hashlib.sha256(f"{self.source.digest(index)} {self.size}".encode()).hexdigest()

    def video(self, index: int) -> None:
        """No file holds the resized frames."""


def kept_size(source: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the largest part of a picture of `source` that has the shape of `size`."""
    (height, width), (rows, columns) = source, size
    return min(height, round(width * rows / columns)), min(width, round(height * columns / rows))


def resized(frames: Frames, size: tuple[int, int]) -> Frames:
    """Frames (t, h, w, 3) -> (t, *size, 3), each pixel the mean of the area it covers, rounded.

    What does not fit the new shape is cut off evenly: 640x360 keeps 600x360 of it for 160x96.
    """
    height, width = frames.shape[1:3]
    if (height, width) == size:
        return frames
    rows, columns = size
    kept_height, kept_width = kept_size((height, width), size)
    top, left = (height - kept_height) // 2, (width - kept_width) // 2
    down, across = _Shares.of(kept_height, rows), _Shares.of(kept_width, columns)
    whole = np.float32(down.whole * across.whole)
    small = np.empty((len(frames), rows, columns, 3), np.uint8)
    for frame, out in zip(frames, small, strict=True):
        kept = frame[top : top + kept_height, left : left + kept_width]
        bands = reduce(np.add, (kept[pixels] * shares[:, None, None] for pixels, shares in down.pixels))
        cells = reduce(np.add, (bands[:, pixels] * shares[:, None] for pixels, shares in across.pixels))
        out[...] = cells / whole + np.float32(0.5)
    return small


@dataclass(frozen=True)
class _Shares:
    """What the pixels along one side give to each of fewer pixels, in units that make every share whole.

    Whole numbers keep sums exact, so that a mean is rounded where it should be. Few pixels meet: gathering them is
    cheaper than a product of matrices, and leaves the cores to the decoder.
    """

    whole: int
    """Of all shares in one new pixel."""
    pixels: tuple[tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]], ...]
    """For the first old pixel under each new one, the second and so on: its index, its share; both (target,)."""

    @staticmethod
    @lru_cache(16)
    def of(source: int, target: int) -> "_Shares":
        """Shares of `source` pixels in `target` pixels."""
        unit = math.gcd(source, target)
        pixel, cell = target // unit, source // unit  # sides of an old and of a new pixel
        start = np.arange(target) * cell
        first = start // pixel
        pixels = []
        for index in (first + step for step in range(-(-cell // pixel) + 1)):
            share = np.minimum(index * pixel + pixel, start + cell) - np.maximum(index * pixel, start)
            if (share > 0).any():
                pixels.append((index.clip(max=source - 1), share.clip(min=0).astype(np.float32)))
        return _Shares(cell, tuple(pixels))
