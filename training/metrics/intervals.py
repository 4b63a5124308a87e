"""95 % intervals, so that no figure stands without its doubt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Sums (..., m), or (..., keys, m) of all keys -> (...)."""

_Value = TypeVar("_Value")

_Z = 1.959964  # 95 % of a normal distribution lie within
_RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean, a ratio or such with its 95 % interval; all nan when nothing was measured.

    The interval alone is nan where there was nothing to draw from: one of no width would say that all is known.
    """

    value: float
    interval: tuple[float, float]
    count: int
    """Values that went into it, or clips where each brings sums."""

    def text(self, decimals: int = 2) -> str:
        """The value and its interval, such as `0.93 (0.90 .. 0.95)`; `-` for nothing, no interval for one value."""
        if isnan(self.value):
            return "-"
        value, low, high = (f"{number:.{decimals}f}" for number in (self.value, *self.interval))
        return value if isnan(self.interval[0]) else f"{value} ({low} .. {high})"


def wilson_interval(right: float, count: int) -> tuple[float, float]:
    """Wilson score interval of a share of independent trials; (0, 1) when nothing was counted.

    Parts of a trial may be right, where it is one of several things that are not independent of each other.
    """
    if count == 0:
        return 0.0, 1.0
    share, shrink = right / count, 1 + _Z**2 / count
    middle = (share + _Z**2 / (2 * count)) / shrink
    reach = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / shrink
    return max(0.0, middle - reach), min(1.0, middle + reach)


def bootstrap_interval(groups: Sequence[Sequence[float]], seed: int) -> tuple[float, float]:
    """Interval of the mean over all values, whole groups (clips) drawn with replacement; nan when empty.

    One group alone has no others to be exchanged for: its values are drawn instead. One value has no interval: nan.
    """
    filled = _filled(groups)
    return _interval([len(group) for group in filled], [sum(group) for group in filled], seed)


def estimate(groups: Sequence[Sequence[float]], seed: int) -> Estimate:
    """Mean over all values of all groups (clips) with its bootstrap interval; values that are nan are left out."""
    known = [[value for value in group if not isnan(value)] for group in groups]
    values = [value for group in known for value in group]
    mean = float(np.mean(values)) if values else float("nan")
    return Estimate(mean, bootstrap_interval(known, seed), len(values))


def estimate_ratio(pairs: Sequence[Sequence[tuple[float, float]]], seed: int) -> Estimate:
    """Sum of the first over sum of the second of all pairs, groups (clips) of pairs drawn with replacement."""
    filled = _filled(pairs)
    below = [sum(bottom for _, bottom in group) for group in filled]
    above = [sum(top for top, _ in group) for group in filled]
    total = float(sum(below))
    value = float(sum(above)) / total if total > 0 else float("nan")
    return Estimate(value, _interval(below, above, seed), sum(len(group) for group in filled))


def estimate_of_sums(rows: npt.NDArray[Any], statistic: Statistic, seed: int) -> Estimate:
    """Statistic of the sum over rows (clips, ...), and its percentile interval under clips drawn with replacement."""
    drawn = np.random.default_rng(seed).integers(len(rows), size=(_RESAMPLES, len(rows)))
    with np.errstate(divide="ignore", invalid="ignore"):  # a draw may hold no frame of a rare key
        value = float(statistic(rows.sum(0)))
        found = statistic(rows[drawn].sum(1))
    found = found[np.isfinite(found)]
    count = np.count_nonzero(rows.reshape(len(rows), -1).any(1))  # clips that hold nothing add no doubt
    low, high = np.percentile(found, [2.5, 97.5]) if count > 1 and len(found) else (np.nan, np.nan)
    return Estimate(value, (float(low), float(high)), int(count))


def plain_estimates(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    """Values by name for JSON, and their intervals beside them."""
    values = {name: entry.value for name, entry in estimates.items()}
    return values | {"intervals": {name: entry.interval for name, entry in estimates.items()}}


def _filled(groups: Sequence[Sequence[_Value]]) -> list[Sequence[_Value]]:
    """Groups that hold something; the values of a single one as groups of their own."""
    filled = [group for group in groups if len(group)]
    return [[value] for value in filled[0]] if len(filled) == 1 else filled


def _interval(below: Sequence[float], above: Sequence[float], seed: int) -> tuple[float, float]:
    """Interval of sum(above) / sum(below), groups drawn with replacement; nan where there is no second group."""
    size = len(below)
    if size < 2 or sum(below) <= 0:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(size, size=(_RESAMPLES, size))
    tops, bottoms = np.array(above, np.float64)[drawn].sum(1), np.array(below, np.float64)[drawn].sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(bottoms > 0, tops / bottoms, np.nan)
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return float(low), float(high)
