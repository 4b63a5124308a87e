"""Whether a world follows every action: keys and camera as an inverse-dynamics model reads them from its frames.

The model makes mistakes of its own (a walk against a wall shows nothing), so each number stands beside its ceiling, the
same number read from the real frames that followed the same starts. A world that ignores its actions gets a balanced
accuracy of about 50 % for every key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .intervals import Estimate, Floats, estimate_of_sums
from .rolled import Asked, Read, Rolled

AXES = ("pitch", "yaw")
TURNING = 1.0
"""Degrees in one frame above which a turn has a direction that counts."""

_NOTHING = Estimate(float("nan"), (float("nan"), float("nan")), 0)


@dataclass(frozen=True)
class KeyScore:
    """How well one key was read; shares."""

    accuracy: Estimate
    balanced: Estimate
    """Mean of the shares that are right among the held and among the released."""
    f1: Estimate


@dataclass(frozen=True)
class CameraScore:
    """How well one axis of the camera was read."""

    error: Estimate
    """Mean absolute, degrees."""
    sign: Estimate
    """Share of the turns by more than `TURNING` degrees that were read as turns the same way."""


@dataclass(frozen=True)
class Scores:
    """What was read against what was asked."""

    keys: Mapping[str, KeyScore]
    """Without the keys that were always or never held."""
    camera: Mapping[str, CameraScore]
    """By axis."""
    balanced: Estimate
    """Balanced accuracy, mean over the keys."""


@dataclass(frozen=True)
class Following:
    """Result of `measure_following`."""

    frames: int
    """Length of a rollout."""
    rollouts: int
    shares: Mapping[str, float]
    """Share of the frames in which each key was asked for."""
    turning: Mapping[str, float]
    """Mean absolute degrees asked for, by axis: the error of reading no turn at all."""
    generated: Scores
    real: Scores
    """The ceiling: the real frames of the same starts."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON; numbers of nothing are nan."""
        balanced = {"generated": self.generated.balanced.value, "real": self.real.balanced.value}
        return asdict(self) | {"turning_degrees": TURNING, "balanced": balanced}


def measure_following(rolled: Rolled, *, frames: int | None = None) -> Following:
    """Score the first `frames` of each rollout, all of them if None."""
    count = rolled.frames if frames is None else frames
    asked = [Asked(clip.asked.keys[:, :count], clip.asked.camera[:, :count]) for clip in rolled.clips]
    real, generated = (
        [Read(read.keys[:, :count], read.camera[:, :count], read.features[:, :count]) for read in reads]
        for reads in ([clip.real for clip in rolled.clips], [clip.generated for clip in rolled.clips])
    )
    held, camera = (_joined([getattr(part, name) for part in asked]) for name in ("keys", "camera"))
    return Following(
        frames=count,
        rollouts=sum(len(part.keys) for part in asked),
        shares=dict(zip(rolled.keys, held.mean(0).tolist(), strict=True)),
        turning=dict(zip(AXES, np.abs(camera).mean(0).tolist(), strict=True)),
        generated=score(rolled.keys, asked, generated, seed=rolled.seed),
        real=score(rolled.keys, asked, real, seed=rolled.seed),
    )


def score(keys: Sequence[str], asked: Sequence[Asked], read: Sequence[Read], *, seed: int) -> Scores:
    """Compare what was read with what was asked, clip by clip; both lists have one entry per clip."""
    counted = {}
    for k, key in enumerate(keys):
        counts = np.array([_confusion(a.keys[..., k], r.keys[..., k]) for a, r in zip(asked, read, strict=True)])
        right_held, missed, invented, right_free = counts.sum(0)
        if right_held + missed and invented + right_free:
            counted[key] = counts
    scores = {
        key: KeyScore(*(estimate_of_sums(counts, what, seed) for what in (_accuracy, _balanced, _f1)))
        for key, counts in counted.items()
    }
    # all keys of a clip are drawn together, as the same frames hold them
    mean = estimate_of_sums(np.stack(list(counted.values()), 1), _mean_balanced, seed) if counted else _NOTHING
    camera = {}
    for k, axis in enumerate(AXES):
        pairs = [(a.camera[..., k].ravel(), r.camera[..., k].ravel()) for a, r in zip(asked, read, strict=True)]
        errors = np.array([(np.abs(a - r).sum(), a.size) for a, r in pairs], np.float64)
        signs = np.array([_signs(a, r) for a, r in pairs], np.float64)
        camera[axis] = CameraScore(estimate_of_sums(errors, _ratio, seed), estimate_of_sums(signs, _ratio, seed))
    return Scores(scores, camera, mean)


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])


def _confusion(asked: npt.NDArray[np.bool_], read: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Held and read so, held but missed, free but read as held, free and read so."""
    return (
        int((asked & read).sum()), int((asked & ~read).sum()), int((~asked & read).sum()), int((~asked & ~read).sum()),
    )  # fmt: skip


def _signs(asked: npt.NDArray[np.float32], read: npt.NDArray[np.float32]) -> tuple[int, int]:
    turning = np.abs(asked) > TURNING
    return int((np.sign(asked) == np.sign(read))[turning].sum()), int(turning.sum())


def _accuracy(counts: Floats) -> Floats:
    return np.asarray((counts[..., 0] + counts[..., 3]) / counts.sum(-1))


def _balanced(counts: Floats) -> Floats:
    held = counts[..., 0] / (counts[..., 0] + counts[..., 1])
    free = counts[..., 3] / (counts[..., 2] + counts[..., 3])
    return np.asarray((held + free) / 2)


def _mean_balanced(counts: Floats) -> Floats:
    return np.asarray(_balanced(counts).mean(-1))


def _f1(counts: Floats) -> Floats:
    return np.asarray(2 * counts[..., 0] / (2 * counts[..., 0] + counts[..., 1] + counts[..., 2]))


def _ratio(sums: Floats) -> Floats:
    return np.asarray(sums[..., 0] / sums[..., 1])
