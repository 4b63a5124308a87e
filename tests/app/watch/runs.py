"""A training's folder as it looks from outside."""

import json
import os
import shutil
from pathlib import Path

from ...tiny_world import make_tiny_world

_START = 1_700_000_000_000_000_000


def log(run: Path, stage: str, *steps: int) -> None:
    """Write what a stage logs."""
    (run / stage).mkdir(parents=True, exist_ok=True)
    with (run / stage / "log.jsonl").open("a") as file:
        file.writelines(json.dumps({"step": step, "loss": 1.0}) + "\n" for step in steps)


def leave(run: Path, stage: str, step: int, seed: int, *, at: int) -> Path:
    """Put the world of a step where a stage leaves it, at so many seconds; returns its folder."""
    folder = run / stage / "live" / f"step-{step:08d}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = make_tiny_world(run.parent / f"making-{stage}-{step}-{seed}", seed)
    shutil.move(made, folder)
    touch(folder, at)
    return folder


def touch(folder: Path, at: int) -> None:
    """Date a world."""
    os.utime(folder / "world.toml", ns=(_START + at * 10**9,) * 2)
