"""How far a picture moved sideways, by phase correlation."""

import numpy as np
import numpy.typing as npt


def shift_right(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], most: int) -> float:
    """Pixels by which the scenery of `before` (h, w, 3) lies further right in `after`, within +-`most`."""
    spectra = [np.fft.rfft2(_prepare(picture)) for picture in (before, after)]
    cross = np.conj(spectra[0]) * spectra[1]
    cross /= np.abs(cross) + 1e-3 * np.abs(cross).mean()
    height, width = before.shape[:2]
    correlation = np.fft.irfft2(cross, s=(height, width))
    rows = np.r_[-3:4]  # a turn sideways moves little up or down
    columns = np.r_[-most : most + 1]
    profile = correlation[np.ix_(rows, columns)].max(axis=0)
    peak = int(profile.argmax())
    near = slice(max(0, peak - 1), peak + 2)
    weights = np.clip(profile[near], 0, None)
    return float((columns[near] * weights).sum() / weights.sum())


def _prepare(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Brightness without its mean, fading out towards the edges."""
    light = picture.astype(np.float64).mean(axis=2)
    height, width = light.shape
    window = np.outer(np.hanning(height), np.hanning(width))
    faded: npt.NDArray[np.float64] = (light - light.mean()) * window
    return faded
