from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import DataError
from training.data.shown_frames import shown_frames

VIDEO = Path("film.mp4")


def shown(seconds: object, fps: float) -> list[int]:
    return shown_frames(np.asarray(seconds, np.float64), fps, VIDEO).tolist()


@pytest.mark.parametrize("rate", [16, 15.9, 16.1, 16000 / 1001])
def test_every_frame_of_a_video_of_that_rate_is_shown(rate: float) -> None:
    assert shown(np.arange(5000) / rate, 16) == list(range(5000))


def test_times_in_whole_milliseconds_lose_nothing() -> None:
    assert shown(np.round(np.arange(5000) / 16, 3), 16) == list(range(5000))
    assert shown(np.round(np.arange(900) / 60, 3), 20) == list(range(0, 900, 3))


@pytest.mark.parametrize(("rate", "fps", "step"), [(60, 20, 3), (30, 15, 2), (48, 16, 3), (59.94, 20, 3)])
def test_of_a_multiple_of_the_rate_every_so_many_are_shown(rate: float, fps: float, step: int) -> None:
    assert shown(np.arange(600) / rate, fps) == list(range(0, 600, step))


def test_of_another_rate_those_on_the_screen_are_shown() -> None:
    assert shown(np.arange(16) / 30, 16) == [0, 2, 4, 5, 7, 9, 11, 13, 15]
    numbers = shown(np.arange(6000) / 60, 16)
    assert len(numbers) == 1600 and set(np.diff(numbers)) == {3, 4}


def test_a_picture_that_stands_is_shown_again() -> None:
    # a screen recorder that writes nothing while nothing changes
    assert shown([0, 0.1, 0.2, 0.5, 0.6, 0.7], 10) == [0, 1, 2, 2, 2, 3, 4, 5]


def test_one_frame_is_one_frame() -> None:
    assert shown([0.0], 16) == [0]


def test_slower_videos_are_refused() -> None:
    with pytest.raises(DataError, match=r"film\.mp4: has 10 frames/s, but its actions can only be read at 16; record"):
        shown(np.arange(100) / 10, 16)


def test_a_video_that_stands_still_for_ages_takes_no_memory() -> None:
    with pytest.raises(DataError, match=r"shows 4 frames in 1e.12 s, too few for 16 frames/s"):
        shown([0, 0.0625, 0.125, 1e12], 16)


@given(st.lists(st.floats(1e-3, 0.3), min_size=1, max_size=40), st.sampled_from([10.0, 16.0, 20.0]))
def test_whatever_the_times_numbers_ascend_within_the_video(gaps: list[float], fps: float) -> None:
    seconds = np.concatenate([[0.0], np.cumsum(gaps)])
    try:
        numbers = np.array(shown(seconds, fps))
    except DataError:
        return
    assert numbers[0] == 0 and numbers[-1] <= len(seconds) - 1 and (np.diff(numbers) >= 0).all()
    assert len(numbers) <= 2 * len(seconds) + 1
