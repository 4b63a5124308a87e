"""Footage at a smaller size: means of squares, and the same clips otherwise."""

from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.data.resized import resized
from training.data.scaled import ScaledDataset, open_footage


def test_scaled_footage_holds_the_same_clips(shared_footage: Path) -> None:
    source, small = GFMinecraft(shared_footage), open_footage(shared_footage, (16, 24))
    assert isinstance(small, ScaledDataset) and isinstance(open_footage(shared_footage, None), GFMinecraft)
    assert (small.names, small.fps, small.frame_counts) == (source.names, source.fps, source.frame_counts)
    clip, real = small.read(1), source.read(1)
    assert np.array_equal(clip.frames, resized(real.frames, (16, 24))) and clip.frames.shape[1:] == (16, 24, 3)
    assert np.array_equal(clip.actions, real.actions)


def test_a_cache_of_one_size_is_none_for_another(shared_footage: Path) -> None:
    digests = {open_footage(shared_footage, size).digest(0) for size in (None, (16, 24), (8, 12))}
    assert len(digests) == 3


@pytest.mark.parametrize("size", [(16, 48), (12, 18), (64, 96)])
def test_a_size_that_does_not_divide_the_footage_is_refused(size: tuple[int, int], shared_footage: Path) -> None:
    with pytest.raises(DataError, match=f"the footage is 48x32, the recipe wants {size[1]}x{size[0]}"):
        open_footage(shared_footage, size)
