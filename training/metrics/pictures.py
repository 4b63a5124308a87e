"""How alike two pictures are, and how sharp and how coloured one is. Numpy only, bytes in, plain numbers out.

Letters: h and w picture height and width; a leading `...` is any number of pictures, compared one by one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

PSNR_CEILING = 60.0
"""PSNR in dB reported for two identical pictures, so that means stay finite; 8-bit rounding is 59 dB."""

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
_SSIM_RADIUS, _SSIM_SIGMA = 5, 1.5  # Wang et al. 2004: an 11x11 Gaussian window
_SSIM_C1, _SSIM_C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def luminance(frames: Bytes) -> Floats:
    """RGB bytes (..., h, w, 3) -> luminance (..., h, w) in 0..255."""
    grey: Floats = frames @ _LUMA
    return grey


def psnr(picture: Bytes, reference: Bytes) -> Floats:
    """Peak signal-to-noise ratio in dB, at most `PSNR_CEILING`: (..., h, w, 3) twice -> (...)."""
    error = (picture.astype(np.float64) - reference) ** 2
    mean = error.mean((-3, -2, -1))
    floor = 255.0**2 / 10 ** (PSNR_CEILING / 10)
    return np.asarray(10 * np.log10(255.0**2 / np.maximum(mean, floor)))


def ssim(picture: Bytes, reference: Bytes) -> Floats:
    """Mean structural similarity of the luminance: (..., h, w, 3) twice -> (...).

    Gaussian window of 11x11 with deviation 1.5 over the part of the picture where it fits (Wang et al. 2004).
    """
    x, y = luminance(picture), luminance(reference)
    mean_x, mean_y = _smooth(x), _smooth(y)
    variance_x, variance_y = _smooth(x * x) - mean_x**2, _smooth(y * y) - mean_y**2
    covariance = _smooth(x * y) - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + _SSIM_C1) * (2 * covariance + _SSIM_C2)
    likeness /= (mean_x**2 + mean_y**2 + _SSIM_C1) * (variance_x + variance_y + _SSIM_C2)
    return np.asarray(likeness.mean((-2, -1)))


def sharpness(frames: Bytes) -> Floats:
    """Mean gradient magnitude of the luminance in levels per pixel: (..., h, w, 3) -> (...)."""
    grey = luminance(frames)
    down = np.diff(grey, axis=-2)[..., :, :-1]
    across = np.diff(grey, axis=-1)[..., :-1, :]
    return np.asarray(np.hypot(down, across).mean((-2, -1)))


@dataclass(frozen=True)
class Look:
    """What a run of frames looks like on average; all in levels of 0..255."""

    sharpness: float
    red: float
    green: float
    blue: float
    contrast: float
    """Standard deviation of the luminance within a frame."""


def look(frames: Bytes) -> Look:
    """Average look of frames (t, h, w, 3)."""
    red, green, blue = (float(value) for value in frames.mean((0, 1, 2)))
    contrast = float(luminance(frames).std((-2, -1)).mean())
    return Look(float(sharpness(frames).mean()), red, green, blue, contrast)


def mean_difference(frames: Bytes) -> Floats:
    """Mean absolute difference of each frame to the one before, in levels: (t, h, w, 3) -> (t - 1,)."""
    return np.asarray(np.abs(np.diff(frames.astype(np.int16), axis=0)).mean((1, 2, 3)))


def _smooth(images: Floats) -> Floats:
    """Gaussian mean over the window, valid part only: (..., h, w) -> (..., h - 10, w - 10)."""
    offsets = np.arange(-_SSIM_RADIUS, _SSIM_RADIUS + 1)
    kernel = np.exp(-(offsets**2) / (2 * _SSIM_SIGMA**2))
    kernel /= kernel.sum()
    size = len(kernel)
    high, wide = images.shape[-2] - size + 1, images.shape[-1] - size + 1
    rows = np.sum([weight * images[..., k : k + high, :] for k, weight in enumerate(kernel)], axis=0)
    return np.asarray(np.sum([weight * rows[..., k : k + wide] for k, weight in enumerate(kernel)], axis=0))
