"""The grid by one process or several: the same cells, stopped together."""

import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from model.errors import RunError
from training.ablation import Ablation, Cell, distilled_cells, initial_cells
from training.commands import ablate
from training.commands.ablate import Job, run_ablation

from .. import grid

CONFIG = replace(grid.CONFIG, shares=())


@pytest.fixture
def job(until_ar: Path, shared_footage: Path, shared_heldout: Path, reader: Path, tmp_path: Path) -> Job:
    """A grid of which nothing is done."""
    shutil.copytree(until_ar, tmp_path / "run")
    return grid.job(shared_footage, shared_heldout, reader, tmp_path / "run", CONFIG)


def test_several_workers_make_what_one_makes(
    job: Job, ablated: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_ablation(job, tmp_path / "out", 2, lambda: False) == 0
    heard = capfd.readouterr()
    for cell in (*initial_cells(CONFIG), *distilled_cells(CONFIG)):
        here, there = (
            json.loads((root / "ablation" / cell.name / "result.json").read_text()) for root in (job.root, ablated)
        )
        assert here["made_from"] == there["made_from"]
        for steps, scores in here["scores"].items():  # workers may have fewer threads, which rounds differently
            assert scores == pytest.approx(there["scores"][steps], rel=0.05, abs=0.05, nan_ok=True)
        assert cell.method == "ar" or f"ablate: {cell.name} done" in heard.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "distill.svg", "init.svg", "results.json", "tables.md",
    ]  # fmt: skip
    assert heard.out == f"wrote {tmp_path / 'out'}\n"


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_stopped_at_once_does_nothing(
    workers: int, job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_ablation(job, tmp_path / "out", workers, lambda: True) == 0
    assert "ablate: stopped; start the same command again to resume" in capsys.readouterr().err
    assert not (job.root / "ablation").exists() and not (tmp_path / "out").exists()


def test_workers_hear_that_they_are_to_stop(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = SimpleNamespace(value=False)

    def endless(job: Job, cell: Cell) -> bool:
        while not ended.value:
            time.sleep(0.001)
        return cell.seed == 1

    monkeypatch.setattr(ablate, "_one", endless)
    monkeypatch.setattr(ablate, "_LOOK_SECONDS", 0.01)
    with ThreadPoolExecutor(2) as pool:
        cells = [Cell("none", seed, steps=2) for seed in range(4)]
        done: Any = ablate._round(pool, job, cells, lambda: True, ended)  # type: ignore[arg-type] # as good as processes
    assert done is False and ended.value


@pytest.mark.parametrize("asked", [True, False])
def test_a_worker_that_dies_is_told_of_unless_all_were_to_end(
    asked: bool, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any) -> bool:
        raise BrokenProcessPool("A process in the process pool was terminated abruptly")

    monkeypatch.setattr(Ablation, "prepare", lambda _: True)
    monkeypatch.setattr(Ablation, "run", lambda _, cell: True)
    monkeypatch.setattr(ablate, "_round", dies)
    if asked:
        assert run_ablation(job, tmp_path / "out", 2, lambda: True) == 0
    else:
        with pytest.raises(RunError, match="start the same command again to resume, with fewer --workers"):
            run_ablation(job, tmp_path / "out", 2, lambda: False)
    assert not (tmp_path / "out").exists()
