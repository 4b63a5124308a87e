"""Footage as a detector needs it: a camera that turns before a textured wall, 0.8 pixels per degree."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.actions import DEGREES_PER_UNIT, KEYS
from model.footage.clip import Actions, Clip, Frames
from tests.footage import write_video

HEIGHT, WIDTH = 64, 96
PIXELS_PER_DEGREE = 0.8
_WALL = 1024, 4096


def play(count: int = 300, seed: int = 0, speed: float = 8) -> Clip:
    """A clip in which a hand turns smoothly, by whole pixels."""
    rng = np.random.default_rng(seed)
    right = np.round(_smooth(rng.normal(0, speed, count)) - 0.01 * np.cumsum(rng.normal(0, 1, count))).astype(int)
    down = np.round(_smooth(rng.normal(0, 3, count))).astype(int)
    right[0] = down[0] = 0
    actions = np.zeros((count, 11), np.float32)
    actions[1:, 0] = rng.random(count - 1) < 0.8
    actions[:, -2:] = np.stack([down, right], 1) / PIXELS_PER_DEGREE / DEGREES_PER_UNIT
    return Clip(f"clip {seed}", _view(rng, down, right), actions)


def write(root: Path, name: str, frames: Frames, actions: Actions, fps: int = 16) -> None:
    """Add a clip in GF-Minecraft layout; frames and actions need not pair up."""
    for folder in ("metadata", "video"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    write_video(root / "video" / f"{name}.mp4", frames, fps)
    (root / "metadata" / f"{name}.json").write_text(json.dumps({"actions": _records(actions)}))


def _view(rng: np.random.Generator, down: npt.NDArray[np.int_], right: npt.NDArray[np.int_]) -> Frames:
    wall = rng.integers(0, 256, (_WALL[0] // 8, _WALL[1] // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    top, left = _WALL[0] // 2 + np.cumsum(down), _WALL[1] // 2 + np.cumsum(right)
    rows, columns = (np.arange(side) for side in (HEIGHT, WIDTH))
    return np.stack(
        [wall[(y + rows)[:, None] % _WALL[0], (x + columns) % _WALL[1]] for y, x in zip(top, left, strict=True)]
    )


def _records(actions: Actions) -> dict[str, Any]:
    return {
        str(k): {
            "ws": 0,
            "ad": 0,
            "scs": 0,
            "pitch_delta": float(row[-2]),
            "yaw_delta": float(row[-1]),
            "keys": [key for key, held in zip(KEYS, row, strict=False) if held],
        }
        for k, row in enumerate(actions)
    }


def _smooth(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.convolve(values, np.ones(5) / 5, mode="same")
