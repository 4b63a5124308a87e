"""Footage at another size: cropped around its middle, each pixel the mean of what it covers."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.data.resized import ResizedDataset, resized


def naive(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The mean over areas, by repeating pixels until areas are whole squares."""
    fine = frame.repeat(size[0], 0).repeat(size[1], 1).astype(np.float64)
    height, width = frame.shape[:2]
    return fine.reshape(size[0], height, size[1], width, 3).mean((1, 3))


def test_each_pixel_is_the_rounded_mean_of_a_square() -> None:
    frames = np.zeros((1, 2, 4, 3), np.uint8)
    frames[0, :, :2, 0] = [[0, 1], [1, 1]]  # 0.75 on average
    frames[0, :, 2:, 1] = [[9, 9], [9, 10]]  # 9.25
    frames[0, :, 2:, 2] = [[9, 9], [10, 10]]  # 9.5
    assert resized(frames, (1, 2)).tolist() == [[[[1, 0, 0], [0, 9, 10]]]]
    assert resized(frames, (2, 4)) is frames


def test_a_pixel_may_cover_parts_of_others() -> None:
    frames = np.array([0, 90, 240], np.uint8).reshape(1, 1, 3, 1).repeat(3, 1).repeat(3, 3)
    # a width of 3 in 2 cells: the first holds all of pixel 0 and half of pixel 1: (0 + 45) / 1.5
    assert resized(frames, (2, 2))[0, :, :, 0].tolist() == [[30, 190], [30, 190]]


@pytest.mark.parametrize(
    ("source", "target", "kept"),
    [
        ((36, 64), (9, 16), (slice(0, 36), slice(0, 64))),
        ((36, 64), (12, 20), (slice(0, 36), slice(2, 62))),  # 64x36 keeps 60x36, as 640x360 keeps 600x360 for 160x96
        ((36, 64), (9, 64), (slice(13, 22), slice(0, 64))),
        ((8, 7), (4, 2), (slice(0, 8), slice(1, 5))),  # one of three columns more is cut off on the right
    ],
)
def test_the_middle_is_kept(source: tuple[int, int], target: tuple[int, int], kept: tuple[slice, slice]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (2, *source, 3), np.uint8)
    expected = np.stack([naive(frame[kept], target) for frame in frames])
    assert np.abs(resized(frames, target) - expected).max() <= 0.5 + 1e-4


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_size_that_fits_is_the_mean_over_areas(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    target = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    frames = np.random.default_rng(data.draw(st.integers(0, 99))).integers(0, 256, (1, height, width, 3), np.uint8)
    small = resized(frames, target)
    assert small.shape == (1, *target, 3) and small.dtype == np.uint8
    assert frames.min() <= small.min() and small.max() <= frames.max()
    if height * target[1] == width * target[0]:
        assert np.abs(small[0] - naive(frames[0], target)).max() <= 0.5 + 1e-4


def test_resized_footage_holds_the_same_clips(shared_footage: Path) -> None:
    source = GFMinecraft(shared_footage)
    small = ResizedDataset(source, (20, 20))
    assert (small.names, small.fps, small.frame_counts) == (source.names, source.fps, source.frame_counts)
    assert small.size == (20, 20) and small.video(0) is None
    clip, real = small.read(1), source.read(1)
    np.testing.assert_array_equal(clip.frames, resized(real.frames, (20, 20)))
    np.testing.assert_array_equal(clip.actions, real.actions)
    assert len({small.digest(0), small.digest(1), source.digest(0), ResizedDataset(source, (20, 21)).digest(0)}) == 4


@pytest.mark.parametrize("size", [(33, 48), (32, 49), (0, 48), (32, -1)])
def test_a_size_that_does_not_fit_is_refused(size: tuple[int, int], shared_footage: Path) -> None:
    with pytest.raises(DataError, match="the footage is 48x32, smaller than"):
        ResizedDataset(GFMinecraft(shared_footage), size)
