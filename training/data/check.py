"""Whether footage can be trusted: clips decode, frames match actions, and the picture turns when they say.

Alignment is judged by how the picture moves sideways, explained at once by the yaw of the frame before, of
the frame itself and of the frame after: a hand turns smoothly, so that the three look alike and plain
correlation hardly tells them apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.actions import DEGREES_PER_UNIT
from model.errors import DataError
from model.footage.clip import Clip
from model.footage.gf_minecraft import GFMinecraft, clip_names

from ..metrics.motion import image_shift
from ..metrics.pictures import luminance

ALIGNMENT_CLIPS = 8
"""Clips whose alignment is measured, spread over the dataset; half a second each."""

_FRAMES = 257  # of a clip that are looked at
_LEAST_FRAMES, _LEAST_TURN = 16, 0.5  # frames, deviation in degrees per frame; less says nothing
_LEAST_EXPLAINED = 0.5  # share of the motion's variance; a clip in the fog or the dark explains nothing
_REFITS, _OUTLIER_PIXELS = 8, 1.0  # near things and wrong peaks move otherwise and lose their weight
_CLEAR = 1.25  # another shift must be this much stronger; on good footage it stays below 1


@dataclass(frozen=True)
class Alignment:
    """Pixels that the picture moves right per degree of yaw of the frame before, of this one, of the next."""

    before: float
    here: float
    after: float
    explained: float
    """Share of the motion's variance that the yaw explains."""

    @property
    def fault(self) -> str | None:
        """What is wrong, if anything is, with the remedy."""
        if self.explained < _LEAST_EXPLAINED:
            return None
        if abs(self.before) > _CLEAR * abs(self.here) and abs(self.before) > abs(self.after):
            return "its actions stand one frame early (pre-action); move each to the frame after"
        if abs(self.after) > _CLEAR * abs(self.here):
            return "its actions stand one frame late; move each to the frame before"
        if self.here > 0:
            return "its yaw has the wrong sign; + must turn right"
        return None


@dataclass(frozen=True)
class ClipReport:
    """What is known of one clip."""

    name: str
    frames: int = 0
    alignment: Alignment | None = None
    """None where it was not measured, or the clip hardly turns."""
    fault: str | None = None


def check_clips(root: Path) -> Iterator[ClipReport]:
    """Look at each clip of a dataset in GF-Minecraft layout; raises DataError when there are none."""
    names = clip_names(root)
    measured = {names[i] for i in np.linspace(0, len(names) - 1, ALIGNMENT_CLIPS).round().astype(int)}
    first: GFMinecraft | None = None
    for name in names:
        try:
            dataset = GFMinecraft(root, {name})
            clip = dataset.read(0)
        except DataError as error:
            yield ClipReport(name, fault=str(error))
            continue
        first = first or dataset
        fault = None
        if (dataset.size, dataset.fps) != (first.size, first.fps):
            fault = "its frame size or rate is not that of the clips before it; keep one per dataset"
        alignment = measure_alignment(clip) if name in measured else None
        if alignment and alignment.fault:
            fault = fault or alignment.fault
        yield ClipReport(name, len(clip), alignment, fault)


def measure_alignment(clip: Clip) -> Alignment | None:
    """Explain sideways motion by yaw; None when the clip is too short or hardly turns."""
    yaw = clip.actions[:_FRAMES, -1].astype(np.float64) * DEGREES_PER_UNIT
    if len(yaw) < _LEAST_FRAMES or yaw.std() < _LEAST_TURN:
        return None
    grey = luminance(clip.frames[:_FRAMES])
    motion = np.array([image_shift(grey[k - 1], grey[k])[0] for k in range(2, len(grey) - 1)])
    causes = np.stack([yaw[1:-2], yaw[2:-1], yaw[3:], np.ones(len(motion))], axis=1)
    trust = np.ones(len(motion))
    for _ in range(_REFITS):
        weights = np.linalg.lstsq(causes * trust[:, None], motion * trust, rcond=None)[0]
        miss = motion - causes @ weights
        trust = 1 / np.hypot(1, miss / _OUTLIER_PIXELS)
    mean = np.average(motion, weights=trust**2)
    explained = 1 - (trust * miss @ (trust * miss)) / max((trust**2 * (motion - mean) ** 2).sum(), 1e-9)
    before, here, after = (float(weight) for weight in weights[:3])
    return Alignment(before, here, after, float(explained))
