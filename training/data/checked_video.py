"""Decodes a video that has to hold so many frames of such a size, wherever it was fetched from."""

from collections.abc import Iterator
from pathlib import Path

from model.errors import DataError
from model.footage.clip import Frames
from model.footage.video import decode_chunks


def decode_checked(path: Path, where: str, frames: int, size: tuple[int, int]) -> Iterator[Frames]:
    """Decode the video at `path`, which people know as `where`, a few frames at a time.

    Raises:
        DataError: when it does not hold exactly `frames` frames of `size` (height, width); the first check that can
            fail does, so that a video that never ends is given up.
    """
    count = 0
    for pictures in decode_chunks(path):
        count += len(pictures)
        if pictures.shape[1:3] != size:
            raise DataError(
                f"{where}: is {pictures.shape[2]}x{pictures.shape[1]}, other clips are {size[1]}x{size[0]}; "
                "keep one size"
            )
        if count > frames:
            break
        yield pictures
    if count != frames:
        counted = f"more than {frames}" if count > frames else str(count)
        raise DataError(
            f"{where}: the video has {counted} frames but there are {frames} actions; "
            "export the clip again or remove it"
        )
