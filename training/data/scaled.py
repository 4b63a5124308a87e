"""Footage at a smaller size, for runs that have to be quick: nothing of the picture is cut off."""

from dataclasses import dataclass
from pathlib import Path

from model.errors import DataError
from model.footage.clip import Dataset

from .address import open_address
from .resized import ResizedDataset


@dataclass(frozen=True)
class ScaledDataset(ResizedDataset):
    """A dataset whose every picture is the mean over squares of pixels of another one's.

    Both sides of the source are the same whole multiple of the new ones.
    """

    def __post_init__(self) -> None:
        """Refuse a size that does not divide the source's."""
        (height, width), (rows, columns) = self.source.size, self.resized_size
        if height % rows or width % columns or height // rows != width // columns:
            raise DataError(
                f"the footage is {width}x{height}, the recipe wants {columns}x{rows}, which does not divide it evenly; "
                "record or resize the footage to a multiple of that, or choose another recipe"
            )


def open_footage(address: str | Path, size: tuple[int, int] | None) -> Dataset:
    """Open footage to train on, by folder or address, scaled down to `size` (height, width) unless that is None.

    Raises:
        DataError: when the footage cannot be used or `size` does not divide its own.
    """
    footage = open_address(str(address), effective_jumps=True)
    return footage if size in (None, footage.size) else ScaledDataset(footage, size)
