"""Which frames of a video are on the screen at a steady rate, whatever rate or unsteadiness it was recorded with."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from model.errors import DataError

Seconds = npt.NDArray[np.float64]
"""(n,), when each frame of a video is shown, ascending from 0."""
Numbers = npt.NDArray[np.int64]
"""(t,), numbers of frames, ascending; one that stays on the screen for long stands there several times."""

_RATE_SLACK = 0.01  # share by which a rate may miss another and still count as the same
_EARLY = 0.25  # of the shortest time between frames, by which times may be rounded: whole milliseconds in Matroska
_LEAST_NEW = 0.5  # share of frames that are new; a video that stands still for longer has damaged times


def shown_frames(seconds: Seconds, fps: float, path: Path) -> Numbers:
    """Numbers of the frames of the video `path` that are on the screen at 0, 1 / fps, 2 / fps, ... seconds.

    A video of that very rate gives each of its frames once. Of a faster one frames are left out: evenly where its rate
    is a multiple of `fps` (to within a hundredth, as 59.94 is of 20), else with gaps that differ by one frame. None is
    ever made up.

    Raises:
        DataError: when the video is slower than `fps`, or stands still for more than half of its time.
    """
    count, length = len(seconds), float(seconds[-1])
    if count == 1:
        return np.zeros(1, np.int64)
    own = (count - 1) / length
    every = max(1, round(own / fps))
    steady = np.abs(seconds - np.arange(count) / own).max() <= 1 / own
    if steady and abs(own / (every * fps) - 1) <= _RATE_SLACK:
        return np.arange(0, count, every)
    gaps = np.diff(seconds)
    usual = 1 / float(np.median(gaps))
    if usual < fps * (1 - _RATE_SLACK):
        raise DataError(
            f"{path}: has {usual:.4g} frames/s, but its actions can only be read at {fps:g}; record at that rate or a "
            "multiple of it, or train an inverse-dynamics model on footage of this rate"
        )
    if (length * fps + 1) * _LEAST_NEW > count:
        raise DataError(
            f"{path}: shows {count} frames in {length:.4g} s, too few for {fps:g} frames/s; "
            "cut out where it stands still"
        )
    early = _EARLY * float(gaps.min())
    times = np.arange(int((length + early) * fps) + 1) / fps
    return np.searchsorted(seconds, times + early, side="right") - 1
