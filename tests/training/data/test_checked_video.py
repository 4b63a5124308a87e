"""Videos that have to hold so many frames of such a size."""

from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from training.data.checked_video import decode_checked


def test_what_fits_is_handed_on(shared_footage: Path) -> None:
    chunks = list(decode_checked(shared_footage / "video" / "b.mp4", "b", 31, (32, 48)))
    assert np.concatenate(chunks).shape == (31, 32, 48, 3)


@pytest.mark.parametrize(
    ("frames", "size", "complaint"),
    [
        (32, (32, 48), "the video has 31 frames but there are 32 actions"),
        (30, (32, 48), "the video has more than 30 frames but there are 30 actions"),
        (31, (48, 32), "is 48x32, other clips are 32x48"),
    ],
)
def test_what_does_not_fit_is_refused(frames: int, size: tuple[int, int], complaint: str, shared_footage: Path) -> None:
    with pytest.raises(DataError, match=f"far away: {complaint}"):
        list(decode_checked(shared_footage / "video" / "b.mp4", "far away", frames, size))
