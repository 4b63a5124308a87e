"""What a dataset holds: how much, how often each key is down, how the camera turns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.actions import DEGREES_PER_UNIT, KEYS
from model.footage.gf_minecraft import GFMinecraft


@dataclass(frozen=True)
class Stats:
    """Numbers of a dataset; shares and deviations leave out each clip's neutral first action."""

    clips: int
    frames: int
    hours: float
    key_shares: Mapping[str, float]
    """Share of the actions in which each key is down."""
    pitch_std: float
    """Deviation in degrees per frame."""
    yaw_std: float
    turning: float
    """Share of the actions that turn the camera at all."""


def measure_stats(dataset: GFMinecraft) -> Stats:
    """Count through the actions of `dataset`; no video is decoded."""
    actions = np.concatenate([dataset.actions(i)[1:] for i in range(len(dataset.names))])
    if not len(actions):  # clips of one frame have no action but the neutral one
        actions = dataset.actions(0)
    camera = actions[:, -2:].astype(np.float64) * DEGREES_PER_UNIT
    frames = sum(dataset.frame_counts)
    return Stats(
        clips=len(dataset.names),
        frames=frames,
        hours=frames / dataset.fps / 3600,
        key_shares=dict(zip(KEYS, actions[:, : len(KEYS)].mean(0).tolist(), strict=True)),
        pitch_std=float(camera[:, 0].std()),
        yaw_std=float(camera[:, 1].std()),
        turning=float(camera.any(1).mean()),
    )
