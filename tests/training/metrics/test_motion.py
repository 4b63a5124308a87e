import numpy as np
import pytest

from training.metrics.motion import expansion, image_shift, turn_total, walk_total

from .fakes import as_frame, blur, shifted, texture, zoomed

VIEW = (slice(16, 112), slice(40, 200))  # 96x160 out of a larger wall, so that borders move in and out


@pytest.fixture(scope="module")
def wall() -> np.ndarray:
    return texture(128, 240, seed=3)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.3, 0.0), (-0.7, 0.4), (2.6, -1.2), (-13.8, 0.0), (0.0, 9.5)])
@pytest.mark.parametrize("softness", [0.0, 2.0, 4.0])
def test_shift_is_found_to_a_fraction_of_a_pixel(wall: np.ndarray, shift: tuple[float, float], softness: float) -> None:
    soft = blur(wall, softness) if softness else wall
    found = image_shift(soft[VIEW], shifted(soft, *shift)[VIEW])
    # the window favours what stays inside it, which shortens long shifts of very soft pictures a little
    assert found == pytest.approx(shift, abs=0.15 + 0.04 * max(map(abs, shift)))


def test_shift_ignores_brightness(wall: np.ndarray) -> None:
    found = image_shift(wall[VIEW], 0.5 * shifted(wall, 3.4, 0)[VIEW] + 80)
    assert found == pytest.approx((3.4, 0), abs=0.1)


@pytest.mark.parametrize("scale", [0.93, 0.97, 1.0, 1.03, 1.08])
@pytest.mark.parametrize("softness", [0.0, 2.0])
def test_expansion_measures_zoom(wall: np.ndarray, scale: float, softness: float) -> None:
    soft = blur(wall, softness) if softness else wall
    # shifts of several pixels are shortened by the blocks' windows, the more so the softer the picture
    tolerance = 0.005 + 0.25 * abs(scale - 1)
    assert expansion(soft[VIEW], zoomed(soft, scale)[VIEW]) == pytest.approx(scale - 1, abs=tolerance)


def test_expansion_does_not_count_a_turn(wall: np.ndarray) -> None:
    turned = shifted(wall, -3.5, 0)
    assert expansion(wall[VIEW], turned[VIEW]) == pytest.approx(0, abs=0.005)
    assert expansion(wall[VIEW], zoomed(turned, 1.05)[VIEW]) == pytest.approx(0.05, abs=0.012)


def test_flat_pictures_do_not_move() -> None:
    flat = np.full((33, 96, 160, 3), 90, np.uint8)
    assert walk_total(flat) == 0
    assert turn_total(flat) == 0


@pytest.mark.parametrize("degrees", [-3.0, 3.0])
@pytest.mark.parametrize("softness", [0.0, 3.0])
def test_turns_have_the_sign_of_the_scenery(wall: np.ndarray, degrees: float, softness: float) -> None:
    soft = blur(wall, softness) if softness else wall
    frames = np.stack([as_frame(shifted(soft, -1.15 * degrees * k, 0)[VIEW]) for k in range(33)])
    assert turn_total(frames) == pytest.approx(-1.15 * degrees * 32, rel=0.05)


@pytest.mark.parametrize("rate", [-0.01, 0.01])
@pytest.mark.parametrize("softness", [0.0, 3.0])
def test_walks_have_the_sign_of_the_growth(wall: np.ndarray, rate: float, softness: float) -> None:
    soft = blur(wall, softness) if softness else wall
    frames = np.stack([as_frame(zoomed(soft, (1 + rate) ** k)[VIEW]) for k in range(17)])
    assert walk_total(frames) == pytest.approx(16 * rate, rel=0.35)


def test_slow_motion_of_soft_pictures_is_not_lost(wall: np.ndarray) -> None:
    soft = blur(wall, 3.0)
    frames = np.stack([as_frame(shifted(soft, 0.2 * k, 0)[VIEW]) for k in range(33)])
    assert turn_total(frames) == pytest.approx(6.4, abs=0.5)


def test_small_pictures_are_measured_too() -> None:
    small = texture(64, 64, seed=1)
    frames = np.stack([as_frame(zoomed(small, 1.02**k)[24:40, 16:48]) for k in range(9)])
    assert walk_total(frames) > 0
