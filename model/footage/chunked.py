"""Pictures, a few at a time."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from .clip import Frames

CHUNK_FRAMES = 32
"""Most frames of a chunk."""
CHUNK_BYTES = 32 << 20
"""Most bytes of a chunk of more than one frame; 32 frames up to 640x480, 5 of 1920x1080."""


def chunked(pictures: Iterable[npt.NDArray[np.uint8]]) -> Iterator[Frames]:
    """Stack pictures (h, w, 3) of one size into chunks (t, h, w, 3) of at most `CHUNK_FRAMES` and `CHUNK_BYTES`."""
    held: list[npt.NDArray[np.uint8]] = []
    for picture in pictures:
        held.append(picture)
        if len(held) == CHUNK_FRAMES or (len(held) + 1) * picture.nbytes > CHUNK_BYTES:
            yield np.stack(held)
            held.clear()
    if held:
        yield np.stack(held)
