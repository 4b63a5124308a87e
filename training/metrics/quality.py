"""How near a world's frames come to what really happened, on footage that it never saw.

One frame ahead, over *moving* frames (mean absolute difference to the frame before above `MOVING_LEVELS`),
against repeating the last frame; and over rollouts of 32 frames with the real actions, beside repeating the
last real frame and beside the autoencoder's ceiling (the real frame, encoded and decoded).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ..data.clip import Dataset
from .intervals import bootstrap_interval
from .pictures import Bytes, mean_difference, psnr, sharpness, ssim
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_out

HORIZONS = (1, 2, 4, 8, 16, 32)
"""Frames ahead at which rollouts are compared."""

MOVING_LEVELS = 2.0
"""Mean absolute difference to the frame before, in levels of 0..255, above which a frame counts as moving."""


@dataclass(frozen=True, kw_only=True)
class QualityConfig:
    """How much is measured."""

    clips: int = 20
    starts: int = 6
    """Rollouts per clip."""
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
    rows: list[list[list[float]]] = []
    drawn = draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=max(HORIZONS), seed=config.seed + 1)
    for starts in drawn:
        progress(f"rollouts {starts[0].clip}")
        for k, start in enumerate(starts):
            seed = config.seed + start.first
            generated = roll_out(world, start, start.future_actions, seed=seed, steps=config.steps)
            rows.append(_compare(world, start, generated))
            if k == 0:
                keep(Rollout(start, generated))
    means = np.array(rows).mean(0)
    horizons = tuple(Horizon(ahead, *_with_ratio(row)) for ahead, row in zip(HORIZONS, means, strict=True))
    return Quality(one_frame, len(rows), horizons)


def _one_frame(
    world: PlayableWorld, dataset: Dataset, config: QualityConfig, progress: Callable[[str], None]
) -> OneFrame:
    found = []  # per clip: rows of moving, generated, repeat, ceiling
    drawn = draw_starts(dataset, clips=config.clips, starts=config.one_frame_starts, horizon=1, seed=config.seed)
    for starts in drawn:
        progress(f"one frame {starts[0].clip}")
        seeds = [config.seed + start.first for start in starts]
        generated = np.concatenate(
            [
                roll_out(world, start, start.future_actions, seed=seed, steps=config.steps)
                for start, seed in zip(starts, seeds, strict=True)
            ]
        )
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


def _compare(world: PlayableWorld, start: Start, generated: Bytes) -> list[list[float]]:
    """Per horizon: PSNR and SSIM of generated, repeat and ceiling, then sharpness of generated and real."""
    ahead = np.array(HORIZONS) - 1
    real = start.future[ahead]
    shown = (generated[ahead], np.broadcast_to(start.last, real.shape), world.reconstruct(real))
    columns = [psnr(frames, real) for frames in shown] + [ssim(frames, real) for frames in shown]
    columns += [sharpness(generated[ahead]), sharpness(real)]
    return [list(row) for row in np.stack(columns, 1)]


def _with_ratio(row: list[float]) -> list[float]:
    *values, generated, real = (float(value) for value in row)
    return [*values, generated / real if real > 0 else float("nan")]
