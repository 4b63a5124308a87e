"""95 % intervals, so that no figure stands without its doubt."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

_Z = 1.959964  # 95 % of a normal distribution lie within
_RESAMPLES = 2000


def wilson_interval(right: int, count: int) -> tuple[float, float]:
    """Wilson score interval of a share; (0, 1) when nothing was counted."""
    if count == 0:
        return 0.0, 1.0
    share, shrink = right / count, 1 + _Z**2 / count
    middle = (share + _Z**2 / (2 * count)) / shrink
    reach = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / shrink
    return max(0.0, middle - reach), min(1.0, middle + reach)


def bootstrap_interval(groups: Sequence[Sequence[float]], seed: int) -> tuple[float, float]:
    """Interval of the mean over all values, whole groups (clips) drawn with replacement; nan when empty."""
    filled = [group for group in groups if len(group)]
    if not filled:
        return float("nan"), float("nan")
    sums = np.array([np.sum(group) for group in filled])
    counts = np.array([len(group) for group in filled])
    drawn = np.random.default_rng(seed).integers(len(filled), size=(_RESAMPLES, len(filled)))
    low, high = np.percentile(sums[drawn].sum(1) / counts[drawn].sum(1), [2.5, 97.5])
    return float(low), float(high)
