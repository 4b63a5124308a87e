"""Footage at the size that a recipe, a model or a world wants, whatever size it was recorded at."""

from collections.abc import Callable
from pathlib import Path

from model.errors import DataError
from model.footage.clip import Dataset

from ..logs import warn
from .address import open_address
from .resized import ResizedDataset, kept_size


def open_footage(address: str | Path, size: tuple[int, int] | None, say: Callable[[str], None] = warn) -> Dataset:
    """Open footage to learn from or to measure by, by folder or address, `fitted` to `size` unless that is None.

    Raises:
        DataError: when the footage cannot be used or is smaller than `size`.
    """
    footage = open_address(str(address), effective_jumps=True)
    return footage if size is None else fitted(footage, size, str(address), say)


def fitted(footage: Dataset, size: tuple[int, int], address: str, say: Callable[[str], None] = warn) -> Dataset:
    """The footage at `address` in pictures of `size` (height, width), cropped and shrunk where they are others.

    `say` hears once what is cut off, if anything is.

    Raises:
        DataError: when the footage is smaller than `size`.
    """
    (height, width), (rows, columns) = footage.size, size
    if (height, width) == size:
        return footage
    if height < rows or width < columns:
        raise DataError(
            f"{address}: the footage is {width}x{height}, smaller than the {columns}x{rows} that is wanted; "
            "give larger footage, or choose a recipe or world of smaller pictures"
        )
    if (kept := kept_size(footage.size, size)) != (height, width):
        say(f"{address}: of {width}x{height} the middle {kept[1]}x{kept[0]} is used, in the shape of {columns}x{rows}")
    return ResizedDataset(footage, size)
