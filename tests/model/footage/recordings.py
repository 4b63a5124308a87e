"""Made-up recordings in the manner of VPT's contractors, to be written and damaged."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.footage.clip import Frames
from tests.footage import write_video

HEIGHT, WIDTH = 32, 48


def make_line(tick: int = 0, **fields: Any) -> dict[str, Any]:
    """One line in which nothing is done but what `fields` say: keys, buttons, new, dx, dy, menu, pitch."""
    return {
        "mouse": {
            "x": 640.0,
            "y": 360.0,
            "dx": fields.get("dx", 0.0),
            "dy": fields.get("dy", 0.0),
            "scaledX": 0.0,
            "scaledY": 0.0,
            "dwheel": 0.0,
            "buttons": fields.get("buttons", []),
            "newButtons": fields.get("new", []),
        },
        "keyboard": {"keys": fields.get("keys", []), "newKeys": [], "chars": ""},
        "isGuiOpen": fields.get("menu", False),
        "isGuiInventory": False,
        "hotbar": 3,
        "yaw": -12.5,
        "pitch": fields.get("pitch", 4.0),
        "xpos": 10.5,
        "ypos": 64.0,
        "zpos": -3.25,
        "tick": 800 + tick,
        "milli": 1630000000000 + 50 * tick,
        "inventory": [{"type": "oak_log", "quantity": 2}],
        "serverTick": 810 + tick,
        "serverTickDurationMs": 3.5,
        "stats": {"minecraft.custom:minecraft.jump": 1},
    }


def make_log(count: int, menus: Sequence[tuple[int, int]] = ()) -> list[dict[str, Any]]:
    """Lines of a recording: line t turns right by t + 1 pixels, menus are open in [start, end) of each pair."""
    return [
        make_line(tick, dx=float(tick + 1), menu=any(start <= tick < end for start, end in menus))
        for tick in range(count)
    ]


def make_frames(count: int) -> Frames:
    """Frames (t, h, w, 3) of one grey each, 8 brighter than the one before."""
    return np.broadcast_to(8 * np.arange(count, dtype=np.uint8)[:, None, None, None], (count, HEIGHT, WIDTH, 3)).copy()


def write_log(path: Path, lines: Sequence[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


def write_recording(root: Path, name: str, lines: Sequence[Any], frames: int | None = None, fps: int = 20) -> None:
    """Write log and video; the video has one frame a line unless `frames` says otherwise."""
    write_log(root / f"{name}.jsonl", lines)
    write_video((root / f"{name}.mp4"), make_frames(len(lines) if frames is None else frames), fps=fps)


def numbers_of(frames: Frames) -> list[int]:
    """Which of `make_frames` these are."""
    return [round(float(frame.mean()) / 8) for frame in frames]
