"""A run that is killed again and again ends with the very bits of one that is not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from training.checkpoint import load_newest

from .killed import KINDS, STEPS

ROOT = Path(__file__).resolve().parents[2]
KILLS = 5
MEASURED = {"time", "seconds_per_step", "utilisation", "data_wait"}  # what differs from run to run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with runs of every kind, straight and broken; one process for all, since its start takes longest."""
    if not hasattr(os, "fork"):
        pytest.skip("processes are not forked here")
    folder = tmp_path_factory.mktemp("runs")
    command = [sys.executable, "-m", "tests.training.killed", str(folder), str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    killed = json.loads(done.stdout)
    assert all(killed[kind] >= KILLS // 2 for kind in KINDS)  # a child may end before its moment comes
    return folder


def curve(folder: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{key: value for key, value in row.items() if key not in MEASURED} for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_killed_at_random_moments_walks_the_same_curve(kind: str, runs: Path) -> None:
    straight, broken = runs / f"straight-{kind}", runs / f"broken-{kind}"
    assert len(curve(straight)) == STEPS and curve(broken) == curve(straight)
    one, two = (load_newest(folder, pytest.fail) for folder in (straight, broken))
    assert one is not None and two is not None and one.tensors.keys() == two.tensors.keys()
    assert all(torch.equal(tensor, two.tensors[name]) for name, tensor in one.tensors.items())
