"""A run that is killed again and again ends with the very bits of one that is not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.checkpoint import load_newest

from .killed import STEPS

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
MEASURED = {"time", "seconds_per_step", "utilisation", "data_wait"}  # what differs from run to run


def trained(kind: str, folder: Path, kills: int) -> int:
    command = [sys.executable, "-m", "tests.training.killed", kind, str(folder), str(kills)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def curve(folder: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key not in MEASURED} for row in rows]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.parametrize("kind", ["ar", "judged"])
def test_a_run_killed_at_random_moments_walks_the_same_curve(kind: str, tmp_path: Path) -> None:
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert trained(kind, straight, 0) == 0
    assert trained(kind, broken, KILLS) >= KILLS // 2  # a child may end before its moment comes
    assert len(curve(straight)) == STEPS and curve(broken) == curve(straight)
    one, two = (load_newest(folder, pytest.fail) for folder in (straight, broken))
    assert one is not None and two is not None and one.tensors.keys() == two.tensors.keys()
    assert all(torch.equal(tensor, two.tensors[name]) for name, tensor in one.tensors.items())
