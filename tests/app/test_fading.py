import numpy as np
import pytest

from app.engine import Pixels
from app.fading import Fading, Look

FPS = 16.0
GOOD = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
GREY = np.full_like(GOOD, 120)


def blurred(share: float) -> Pixels:
    """Less and less of a picture, down to flat grey."""
    return (GREY + share * (GOOD.astype(float) - GREY)).astype(np.uint8)


def walk(fading: Fading, frames: int, picture: Pixels, first: int = 0) -> int:
    for index in range(first, first + frames):
        fading.note(index, picture)
    return first + frames


def test_a_look_measures_detail_contrast_and_light() -> None:
    stripes = np.zeros((8, 8, 3), np.uint8)
    stripes[:, ::2] = 200
    look = Look.at(stripes)
    assert look == Look(detail=200.0, contrast=100.0, light=100.0)
    assert Look.at(GREY) == Look(0.0, 0.0, 120.0)


def test_a_steady_world_is_not_fading() -> None:
    fading = Fading(FPS)
    walk(fading, 1000, GOOD)
    assert not fading.faded and fading.strength == pytest.approx(1.0) and fading.last_good == 996


@pytest.mark.parametrize("dull", [blurred(0.15), np.zeros_like(GOOD), (GOOD * 0.2).astype(np.uint8)])
def test_a_world_that_lost_detail_or_light_is_fading_after_some_seconds(dull: Pixels) -> None:
    fading = Fading(FPS)
    index = walk(fading, 200, GOOD)
    index = walk(fading, 60, dull, index)
    assert not fading.faded  # four seconds at a wall are no fade
    walk(fading, 60, dull, index)
    assert fading.faded and fading.last_good is not None and 190 <= fading.last_good < 200
    assert fading.strength < 0.3


def test_looking_at_the_sky_and_back_is_no_fade() -> None:
    fading = Fading(FPS)
    index = walk(fading, 100, GOOD)
    for _ in range(10):
        index = walk(fading, 60, blurred(0.1), index)
        index = walk(fading, 12, GOOD, index)
        assert not fading.faded


def test_going_back_to_a_good_frame_ends_the_fade() -> None:
    fading = Fading(FPS)
    index = walk(fading, 200, GOOD)
    walk(fading, 200, blurred(0.1), index)
    assert fading.faded and fading.last_good is not None
    walk(fading, 8, GOOD, fading.last_good)
    assert not fading.faded


@pytest.mark.parametrize("first", [5_000, 5_003])
def test_a_walk_that_was_loaded_is_watched_too(first: int) -> None:
    fading = Fading(FPS)
    index = walk(fading, 100, GOOD, first)
    walk(fading, 160, GREY, index)
    assert fading.faded and fading.strength == 0.0


def test_no_frame_of_an_undone_future_is_the_newest_good_one() -> None:
    fading = Fading(FPS)
    walk(fading, 400, GOOD)
    index = walk(fading, 150, GREY, 200)
    assert fading.faded and fading.last_good == 196
    walk(fading, 20, GOOD, index)
    fading.note(101, GOOD)
    assert fading.last_good == 100, "those from before are remembered"
