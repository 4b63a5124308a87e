"""How near a world's frames come to what really happened, on footage that it never saw.

One frame ahead, over *moving* frames (mean absolute difference to the frame before above `MOVING_LEVELS`),
against repeating the last frame; and over rollouts of 32 or 64 frames with the real actions, beside repeating
the last real frame and beside the autoencoder's ceiling (the real frame, encoded and decoded).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.footage.clip import Dataset

from .intervals import bootstrap_interval, estimate, estimate_ratio
from .pictures import Bytes, Floats, mean_difference, psnr, sharpness, ssim
from .playable import CONTEXT, PlayableWorld, Start, draw_starts, ignore, roll_clips

HORIZONS = (1, 2, 4, 8, 16, 32, 64)
"""Frames ahead at which rollouts are compared."""

_NEEDED = 32

MOVING_LEVELS = 2.0
"""Mean absolute difference to the frame before, in levels of 0..255, above which a frame counts as moving."""


@dataclass(frozen=True, kw_only=True)
class QualityConfig:
    """How much is measured."""

    clips: int = 20
    starts: int = 6
    """Rollouts per clip."""
    frames: int = 32
    """Longest horizon, where every clip has room for it; at least 32."""
    one_frame_starts: int = 24
    """Single frames per clip, drawn apart from the rollouts."""
    steps: int | None = None
    """Denoising evaluations per frame; the world's own number if None."""
    seed: int = 0


@dataclass(frozen=True)
class OneFrame:
    """One frame ahead; PSNR in dB, means over moving frames."""

    frames: int
    moving: int
    moving_share: float
    generated: float
    repeat: float
    ceiling: float
    gain: float
    """Generated minus repeat, in dB."""
    gain_interval: tuple[float, float]
    """95 %, clips drawn with replacement."""
    all_frames_gain: float
    """The same gain over all frames, moving or not."""


@dataclass(frozen=True)
class Horizon:
    """Means at one horizon of the rollouts; PSNR in dB."""

    frames_ahead: int
    psnr_generated: float
    psnr_repeat: float
    psnr_ceiling: float
    ssim_generated: float
    ssim_repeat: float
    ssim_ceiling: float
    sharpness_ratio: float
    """Mean gradient magnitude relative to the real frames at this horizon; 1 = as sharp as real."""
    intervals: Mapping[str, tuple[float, float]]
    """95 % of each of the numbers above by its name, clips drawn with replacement."""


@dataclass(frozen=True)
class Rollout:
    """One rollout beside what really happened, for pictures."""

    start: Start
    generated: Bytes


@dataclass(frozen=True)
class Quality:
    """Result of `measure_quality`."""

    one_frame: OneFrame
    rollouts: int
    horizons: tuple[Horizon, ...]

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self) | {"moving_levels": MOVING_LEVELS}


def measure_quality(
    world: PlayableWorld,
    dataset: Dataset,
    config: QualityConfig,
    *,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[Rollout], None] = ignore,
) -> Quality:
    """Measure one-frame gain and rollouts; `keep` is handed the first rollout of each clip."""
    one_frame = _one_frame(world, dataset, config, progress)
    room = min(dataset.frame_counts[: config.clips], default=0) - CONTEXT
    ahead = [frames for frames in HORIZONS if frames <= max(_NEEDED, min(config.frames, room))]
    clips: list[Floats] = []  # each (starts, horizons, numbers)
    drawn = draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=max(ahead), seed=config.seed + 1)
    for starts, generated in roll_clips(world, drawn, seed=config.seed, steps=config.steps):
        progress(f"rollouts {starts[0].clip}")
        keep(Rollout(starts[0], generated[0]))
        clips.append(
            np.stack([_compare(world, start, frames, ahead) for start, frames in zip(starts, generated, strict=True)])
        )
    horizons = tuple(_horizon(frames, [clip[:, k] for clip in clips], config.seed) for k, frames in enumerate(ahead))
    return Quality(one_frame, sum(len(clip) for clip in clips), horizons)


def _one_frame(
    world: PlayableWorld, dataset: Dataset, config: QualityConfig, progress: Callable[[str], None]
) -> OneFrame:
    found = []  # per clip: rows of moving, generated, repeat, ceiling
    drawn = draw_starts(dataset, clips=config.clips, starts=config.one_frame_starts, horizon=1, seed=config.seed)
    for starts, rolled in roll_clips(world, drawn, seed=config.seed, steps=config.steps):
        progress(f"one frame {starts[0].clip}")
        generated = rolled[:, 0]
        real = np.concatenate([start.future for start in starts])
        last = np.stack([start.last for start in starts])
        moving = [mean_difference(np.stack(pair))[0] > MOVING_LEVELS for pair in zip(last, real, strict=True)]
        shown = (generated, last, world.reconstruct(real))
        found.append(np.stack([np.array(moving, np.float64), *(psnr(frames, real) for frames in shown)], 1))
    everything = np.concatenate(found)
    chosen = everything[everything[:, 0] > 0]
    gains = [list(rows[rows[:, 0] > 0, 1] - rows[rows[:, 0] > 0, 2]) for rows in found]
    means = chosen[:, 1:].mean(0) if len(chosen) else np.full(3, np.nan)
    drawn_psnr, repeat, ceiling = (float(value) for value in means)
    return OneFrame(
        frames=len(everything),
        moving=len(chosen),
        moving_share=len(chosen) / len(everything),
        generated=drawn_psnr,
        repeat=repeat,
        ceiling=ceiling,
        gain=drawn_psnr - repeat,
        gain_interval=bootstrap_interval(gains, config.seed),
        all_frames_gain=float((everything[:, 1] - everything[:, 2]).mean()),
    )


_LIKENESS = tuple(f"{measure}_{shown}" for measure in ("psnr", "ssim") for shown in ("generated", "repeat", "ceiling"))


def _compare(world: PlayableWorld, start: Start, generated: Bytes, horizons: Sequence[int]) -> Floats:
    """Per horizon: `_LIKENESS`, then sharpness of generated and of real: (horizons, 8)."""
    ahead = np.array(horizons) - 1
    real = start.future[ahead]
    shown = (generated[ahead], np.broadcast_to(start.last, real.shape), world.reconstruct(real))
    columns = [psnr(frames, real) for frames in shown] + [ssim(frames, real) for frames in shown]
    return np.stack([*columns, sharpness(generated[ahead]), sharpness(real)], 1)


def _horizon(frames_ahead: int, clips: Sequence[Floats], seed: int) -> Horizon:
    """Means over clips (starts, 8) of one horizon."""
    found = {name: estimate([list(rows[:, k]) for rows in clips], seed) for k, name in enumerate(_LIKENESS)}
    found["sharpness_ratio"] = estimate_ratio([[(row[-2], row[-1]) for row in rows] for rows in clips], seed)
    means = {name: entry.value for name, entry in found.items()}
    return Horizon(frames_ahead, **means, intervals={name: entry.interval for name, entry in found.items()})
