import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data.lerobot_stats import moments, picture_moments


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(0, 1 << 31), st.sampled_from([0.0, 1e9]))
def test_parts_add_up_to_the_whole(sizes: list[int], seed: int, offset: float) -> None:
    samples = np.random.default_rng(seed).normal(size=(sum(sizes), 3)) + offset
    parts = [moments(part) for part in np.split(samples, np.cumsum(sizes)[:-1])]
    total = sum(parts[1:], parts[0]).table()
    assert total["count"] == [len(samples)]
    expected = {"min": samples.min(0), "max": samples.max(0), "mean": samples.mean(0), "std": samples.std(0)}
    for name, values in expected.items():
        assert total[name] == pytest.approx(values.tolist(), rel=1e-6, abs=1e-6)


def test_single_numbers_are_lists_of_one() -> None:
    assert moments(np.array([1, 3])).table() == {"min": [1], "max": [3], "mean": [2], "std": [1], "count": [2]}


def test_pictures_are_measured_per_channel_between_0_and_1() -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(10, 200, (5, 8, 12, 3), dtype=np.uint8)
    table = (picture_moments(frames[:2]) + picture_moments(frames[2:])).table(5)
    assert table["count"] == [5]
    values = frames / 255
    for name, of in (("min", np.min), ("max", np.max), ("mean", np.mean), ("std", np.std)):
        assert np.array(table[name]).shape == (3, 1, 1)
        assert np.ravel(table[name]) == pytest.approx(of(values, axis=(0, 1, 2)))  # type: ignore[operator]
