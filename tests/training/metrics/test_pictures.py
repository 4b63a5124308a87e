import numpy as np
import pytest

from training.metrics.pictures import PSNR_CEILING, look, luminance, mean_difference, psnr, sharpness, ssim


def flat(level: int) -> np.ndarray:
    return np.full((24, 32, 3), level, np.uint8)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)


def test_psnr_golden() -> None:
    assert psnr(flat(100), flat(110)) == pytest.approx(10 * np.log10(255**2 / 100))
    assert psnr(flat(0), flat(255)) == pytest.approx(0)
    assert psnr(flat(7), flat(7)) == PSNR_CEILING


def test_psnr_of_many_pictures_is_that_of_each() -> None:
    a, b = np.stack([noise(0), flat(3)]), np.stack([noise(1), flat(9)])
    np.testing.assert_allclose(psnr(a, b), [psnr(a[0], b[0]), psnr(a[1], b[1])])


def test_ssim_of_flat_pictures_compares_their_brightness() -> None:
    c1 = (0.01 * 255) ** 2
    expected = (2 * 100 * 150 + c1) / (100**2 + 150**2 + c1)
    assert ssim(flat(100), flat(150)) == pytest.approx(expected, abs=1e-9)
    assert ssim(noise(0), noise(0)) == pytest.approx(1)


def test_ssim_agrees_with_a_window_by_window_reference() -> None:
    a = luminance(noise(0))
    other = (0.5 * noise(0) + 0.5 * noise(1)).astype(np.uint8)
    b = luminance(other)
    grid = np.arange(-5, 6)
    kernel = np.exp(-(grid[:, None] ** 2 + grid[None] ** 2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = []
    for y in range(24 - 10):
        for x in range(32 - 10):
            p, q = a[y : y + 11, x : x + 11], b[y : y + 11, x : x + 11]
            mp, mq = (kernel * p).sum(), (kernel * q).sum()
            vp, vq = (kernel * (p - mp) ** 2).sum(), (kernel * (q - mq) ** 2).sum()
            cov = (kernel * (p - mp) * (q - mq)).sum()
            values.append((2 * mp * mq + c1) * (2 * cov + c2) / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
    assert ssim(noise(0), other) == pytest.approx(np.mean(values), abs=1e-9)


def test_sharpness_of_a_ramp_is_its_slope() -> None:
    ramp = np.repeat(np.tile(np.arange(0, 96, 3, dtype=np.uint8), (24, 1))[..., None], 3, -1)
    assert sharpness(ramp) == pytest.approx(3)
    assert sharpness(flat(9)) == 0


def test_look_and_difference() -> None:
    red = np.zeros((2, 24, 32, 3), np.uint8)
    red[..., 0] = 200
    seen = look(red)
    assert (seen.red, seen.green, seen.blue, seen.sharpness) == (200, 0, 0, 0)
    np.testing.assert_allclose(mean_difference(np.stack([flat(10), flat(250), flat(249)])), [240, 1])
