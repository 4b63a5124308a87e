"""ForgeWM's paired protocol: rollouts of 77 frames (a real one, then 76 generated with the real actions) beside real.

*Flow profile*: mean length of the optical flow in the middle of the picture (rows 8-82 %, columns 8-92 %, at 160x88)
every 4 frames, 19 numbers. What counts is its cosine with the profile of the real frames: does the picture speed up
and slow down when it should? All profiles point about the same way, so chance (the real profile of another rollout)
stands beside. LPIPS over 16 frames (1, 6 ... 76) and FVD over the first 16 join in when their weights are there.

Different from the original: flow by `training.metrics.flow`, since Farneback's reads soft pictures as still.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from model.footage.clip import Dataset

from .flow import flow, magnitudes
from .intervals import Estimate, estimate
from .perceptual import VIDEO_FRAMES, Perceptual, video_distance
from .pictures import Bytes, Floats, luminance
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_clips

FRAMES = 76
"""Frames that are generated of a rollout of 77."""

STRIDE = 4
"""Frames between the pictures of a flow profile."""

AHEAD = tuple(range(1, FRAMES + 1, 5))
"""Frames of a rollout at which LPIPS is taken; 0 is the real one."""

_FLOW_SIZE = (88, 160)
_ROWS, _COLUMNS = slice(7, 72), slice(13, 147)  # 8-82 % and 8-92 %: no HUD, no edge


@dataclass(frozen=True, kw_only=True)
class ForgeConfig:
    """How much is measured; the published protocol has 1,000 rollouts."""

    clips: int = 20
    starts: int = 1
    """Rollouts per clip."""
    steps: int | None = None
    """Denoising evaluations per frame; the world's own number if None."""
    seed: int = 0


@dataclass(frozen=True)
class Triple:
    """A number of the generated frames between the two that give it its scale."""

    generated: Estimate
    poor: Estimate
    """What needs no world: another rollout's real profile, or repeating the last real frame."""
    ceiling: Estimate
    """Of the real frames, encoded and decoded."""


@dataclass(frozen=True)
class Forge:
    """Result of `measure_forge`."""

    rollouts: int
    flow_cosine: Triple
    profile_generated: Mapping[int, Estimate]
    """Mean flow profile in pixels per 4 frames, by the frame that each of its numbers ends at."""
    profile_real: Mapping[int, Estimate]
    lpips: Triple | None
    lpips_by_frame: Mapping[int, Triple] | None
    fvd: Triple | None
    missing: tuple[str, ...]
    """Why LPIPS or FVD are left out."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"frames": FRAMES + 1}


@dataclass(frozen=True)
class PairedRollout:
    """One rollout of 76 frames beside what really happened, for pictures."""

    start: Start
    generated: Bytes


@dataclass(frozen=True)
class _Row:
    """Numbers of one rollout, each of (generated, real or poor, autoencoder)."""

    profiles: tuple[Floats, Floats, Floats]
    """Of generated, real and autoencoder, (19,) each."""
    lpips: tuple[Floats, Floats, Floats] | None
    """Of generated, repeated and autoencoder, (16,) each."""
    video: Floats | None
    """Features of generated, real, repeated and autoencoder, (4, d)."""


def measure_forge(
    world: PlayableWorld,
    dataset: Dataset,
    config: ForgeConfig,
    perceptual: Perceptual,
    *,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[PairedRollout], None] = ignore,
) -> Forge:
    """Roll out and compare; `keep` is handed the first rollout of each clip.

    Raises:
        DataError: when a clip is too short.
    """
    clips: list[list[_Row]] = []
    drawn = draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=FRAMES, seed=config.seed + 6)
    for starts, generated in roll_clips(world, drawn, seed=config.seed, steps=config.steps):
        progress(f"forge {starts[0].clip}")
        keep(PairedRollout(starts[0], generated[0]))
        pairs = zip(starts, generated, strict=True)
        clips.append([_measure(world, start, frames, perceptual) for start, frames in pairs])
    ends = range(STRIDE, FRAMES + 1, STRIDE)
    generated_, real_ = ([[row.profiles[k] for row in rows] for rows in clips] for k in (0, 1))
    lpips, by_frame = _lpips(clips, config.seed) if perceptual.lpips else (None, None)
    return Forge(
        rollouts=sum(len(rows) for rows in clips),
        flow_cosine=_cosines(clips, config.seed),
        profile_generated=dict(zip(ends, _columns(generated_, config.seed), strict=True)),
        profile_real=dict(zip(ends, _columns(real_, config.seed), strict=True)),
        lpips=lpips,
        lpips_by_frame=by_frame,
        fvd=_fvd([row.video for rows in clips for row in rows if row.video is not None]) if perceptual.video else None,
        missing=perceptual.missing,
    )


def flow_profile(frames: Bytes) -> Floats:
    """Mean length of the flow in mid-picture every 4 frames, at 160x88: (t, h, w, 3) -> ((t - 1) / 4,)."""
    grey = _resized(luminance(frames[::STRIDE]))
    return magnitudes(np.stack([flow(first, second)[_ROWS, _COLUMNS] for first, second in pairwise(grey)]))


def cosine(profile: Floats, reference: Floats) -> float:
    """Cosine of two profiles (n,); 0 for a picture that stands still, nan when the reference does."""
    size, reference_size = float(np.linalg.norm(profile)), float(np.linalg.norm(reference))
    if not reference_size:
        return float("nan")
    return float(profile @ reference) / (size * reference_size) if size else 0.0


def _measure(world: PlayableWorld, start: Start, generated: Bytes, perceptual: Perceptual) -> _Row:
    real = np.concatenate([start.last[None], start.future])
    repeated = np.broadcast_to(start.last, real.shape)
    seen, decoded = np.concatenate([start.last[None], generated]), world.reconstruct(real)
    lpips = video = None
    if perceptual.lpips is not None:
        ahead = np.array(AHEAD)
        ours, poor, ceiling = (perceptual.lpips(frames[ahead], real[ahead]) for frames in (seen, repeated, decoded))
        lpips = ours, poor, ceiling
    if perceptual.video is not None:
        compared = (seen, real, repeated, decoded)
        video = perceptual.video(np.stack([frames[1 : VIDEO_FRAMES + 1] for frames in compared])).astype(np.float64)
    return _Row((flow_profile(seen), flow_profile(real), flow_profile(decoded)), lpips, video)


def _cosines(clips: Sequence[Sequence[_Row]], seed: int) -> Triple:
    """Chance takes the real profile of the same place in the next clip; with one clip there is none."""
    ours = [[cosine(row.profiles[0], row.profiles[1]) for row in rows] for rows in clips]
    ceiling = [[cosine(row.profiles[2], row.profiles[1]) for row in rows] for rows in clips]
    others = [*clips[1:], clips[0]] if len(clips) > 1 else [[]]
    chance = [
        [cosine(other.profiles[1], row.profiles[1]) for row, other in zip(rows, next_rows, strict=False)]
        for rows, next_rows in zip(clips, others, strict=True)
    ]
    return Triple(*(estimate(found, seed) for found in (ours, chance, ceiling)))


def _lpips(clips: Sequence[Sequence[_Row]], seed: int) -> tuple[Triple, dict[int, Triple]]:
    shown = [[[row.lpips[k] for row in rows if row.lpips] for rows in clips] for k in range(3)]
    columns = [_columns(found, seed) for found in shown]
    whole = [estimate([[float(value) for row in rows for value in row] for rows in found], seed) for found in shown]
    return Triple(*whole), {ahead: Triple(*row) for ahead, row in zip(AHEAD, zip(*columns, strict=True), strict=True)}


def _columns(clips: Sequence[Sequence[Floats]], seed: int) -> list[Estimate]:
    """Estimate of each column of clips of rows (m,)."""
    size = next(len(row) for rows in clips for row in rows)
    return [estimate([[float(row[k]) for row in rows] for rows in clips], seed) for k in range(size)]


def _fvd(features: Sequence[Floats]) -> Triple:
    generated, real, repeated, decoded = np.stack(features, 1)
    return Triple(*(video_distance(real, found) for found in (generated, repeated, decoded)))


def _resized(grey: Floats) -> Floats:
    """Pictures (t, h, w) at 160x88: (t, 88, 160), each pixel a triangle-weighted mean."""
    down, across = (_weights(size, wanted) for size, wanted in zip(grey.shape[1:], _FLOW_SIZE, strict=True))
    return np.asarray(down @ grey @ across.T)


def _weights(size: int, wanted: int) -> Floats:
    """Weight of each old pixel in each new one: (wanted, size), rows sum to 1."""
    scale = size / wanted
    distance = np.abs((np.arange(wanted)[:, None] + 0.5) * scale - (np.arange(size)[None] + 0.5))
    weights = np.clip(1 - distance / max(scale, 1.0), 0, None)
    return np.asarray(weights / weights.sum(1, keepdims=True))
