"""Frechet distance between real and generated motion, in the feature space of an inverse-dynamics model.

As in FID (Heusel et al. 2017, arXiv:1706.08500): a Gaussian is fitted to the features of each side, and their
2-Wasserstein distance, squared, is reported. The features describe transitions: how the picture moved, read over about
a second. They see through blur and brightness, so this is a measure of motion; sharpness is measured elsewhere.

The number has no unit. What gives it meaning stands beside it: real footage against other real footage. Clips are
halved at random, and the real frames of one half are compared with the real frames of the other, and with the generated
frames of the other; a world whose play cannot be told from the real one reaches the same. That comparison is coarse,
for players do different things in different clips. The distance between the same starts is fine: scenes and actions are
the same on both sides, and it falls to 0 for a world in which the same happens.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.errors import DataError

from .rolled import Features, Rolled, RolledClip

HORIZONS = (32, 64)
"""Frames of the rollouts of which the features are compared."""

_HALVINGS = 20

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FrechetAt:
    """Distances over rollouts of one length."""

    frames: int
    distance: float
    """All generated frames against the real ones that followed the same starts."""
    across: float
    """Generated frames of one half of the clips against real ones of the other, mean over halvings."""
    reference: float
    """Real frames of one half of the clips against real ones of the other: what `across` is for a perfect world."""


@dataclass(frozen=True)
class Frechet:
    """Result of `measure_frechet`."""

    rollouts: int
    horizons: tuple[FrechetAt, ...]

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def measure_frechet(rolled: Rolled) -> Frechet:
    """Compare features over the first 32 and 64 frames of each rollout, as far as they go.

    Raises:
        DataError: when there is one clip only, which cannot be halved.
    """
    count = len(rolled.clips)
    if count < 2:
        raise DataError("a Frechet distance needs at least 2 clips; give more footage or a larger --clips")
    rng = np.random.default_rng(rolled.seed)
    halvings = [np.array_split(rng.permutation(count), 2) for _ in range(_HALVINGS)]
    lengths = [frames for frames in HORIZONS if frames <= rolled.frames] or [rolled.frames]
    rollouts = sum(len(clip.asked.keys) for clip in rolled.clips)
    return Frechet(rollouts, tuple(_at(rolled.clips, frames, halvings) for frames in lengths))


def _at(clips: Sequence[RolledClip], frames: int, halvings: Sequence[Sequence[npt.NDArray[np.int64]]]) -> FrechetAt:
    real = [clip.real.features[:, :frames] for clip in clips]
    generated = [clip.generated.features[:, :frames] for clip in clips]
    across, reference = [], []
    for one, other in halvings:
        fit = _fit_of(real, one)
        across.append(_distance(fit, _fit_of(generated, other)))
        reference.append(_distance(fit, _fit_of(real, other)))
    everything = np.arange(len(clips))
    distance = _distance(_fit_of(real, everything), _fit_of(generated, everything))
    return FrechetAt(frames, distance, float(np.mean(across)), float(np.mean(reference)))


def frechet_distance(real: npt.NDArray[np.floating], generated: npt.NDArray[np.floating]) -> float:
    """Squared 2-Wasserstein distance between Gaussians fitted to rows of features (n, d) and (m, d).

    |mu - mu'|^2 + tr(S + S' - 2 (S^1/2 S' S^1/2)^1/2), at least two rows each.
    """
    return _distance(_fit(real), _fit(generated))


@dataclass(frozen=True)
class _Gaussian:
    mean: Floats
    covariance: Floats


def _fit(rows: npt.NDArray[np.floating]) -> _Gaussian:
    rows = rows.astype(np.float64)
    return _Gaussian(rows.mean(0), np.atleast_2d(np.cov(rows, rowvar=False)))


def _fit_of(features: Sequence[Features], clips: npt.NDArray[np.int64]) -> _Gaussian:
    return _fit(np.concatenate([features[clip].reshape(-1, features[clip].shape[-1]) for clip in clips]))


def _distance(one: _Gaussian, other: _Gaussian) -> float:
    root = _square_root(one.covariance)
    cross = np.linalg.eigvalsh(root @ other.covariance @ root)  # symmetric, unlike the product of the two covariances
    traces = np.trace(one.covariance) + np.trace(other.covariance) - 2 * np.sqrt(cross.clip(0)).sum()
    # rounding leaves a little below zero where both sides are the same
    return float(np.square(one.mean - other.mean).sum() + max(traces, 0.0))


def _square_root(matrix: Floats) -> Floats:
    values, vectors = np.linalg.eigh(matrix)
    root: Floats = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root
