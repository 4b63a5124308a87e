"""Footage at the size that is wanted: the same clips, cropped where they have another shape, which is said once."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.data.fitted import open_footage
from training.data.resized import resized


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((16, 24), []),  # every other pixel's mean
        ((24, 36), []),  # of one shape, but no whole multiple
        ((16, 16), ["of 48x32 the middle 32x32 is used, in the shape of 16x16"]),
        ((12, 48), ["of 48x32 the middle 48x12 is used, in the shape of 48x12"]),
    ],
)
def test_fitted_footage_holds_the_same_clips(size: tuple[int, int], said: list[str], shared_footage: Path) -> None:
    heard: list[str] = []
    source, small = GFMinecraft(shared_footage), open_footage(shared_footage, size, heard.append)
    assert (small.names, small.fps, small.frame_counts) == (source.names, source.fps, source.frame_counts)
    assert small.size == size
    for index in (1, 2):
        clip, real = small.read(index), source.read(index)
        assert np.array_equal(clip.frames, resized(real.frames, size)) and np.array_equal(clip.actions, real.actions)
    assert heard == [f"{shared_footage}: {text}" for text in said]


def test_what_fits_stays_as_it_is(shared_footage: Path) -> None:
    for size in (None, (32, 48)):
        assert isinstance(open_footage(shared_footage, size), GFMinecraft)


def test_a_cache_of_one_size_is_none_for_another_and_stays_good(shared_footage: Path) -> None:
    digests = [open_footage(shared_footage, size).digest(0) for size in (None, (16, 24), (8, 12), (16, 16))]
    assert len(set(digests)) == 4
    assert digests[1] == hashlib.sha256(f"{digests[0]} (16, 24)".encode()).hexdigest()  # as caches of old have it


@pytest.mark.parametrize("size", [(33, 48), (32, 49), (64, 96)])
def test_nothing_is_enlarged(size: tuple[int, int], shared_footage: Path) -> None:
    with pytest.raises(DataError, match=f"the footage is 48x32, smaller than the {size[1]}x{size[0]} that is wanted"):
        open_footage(shared_footage, size)
