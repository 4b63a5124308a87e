"""A whole capture of fake games: shared out, resumed, one at a time in a folder; killed workers are replaced."""

import csv
from pathlib import Path

import pytest

from model.errors import DataError, RunError
from model.footage.gf_minecraft import GFMinecraft
from training.capture import collect as collecting
from training.capture.collect import collect, opened, shared_out
from training.capture.installed import Installed
from training.capture.plan import CapturePlan

from .fakes import fake_work, kill_at_once

NOTHING = Installed(Path(), Path(), Path(), Path(), "0.0.0")
PLAN = CapturePlan(clips=5, frames=8, places_per_world=2)


def run(folder: Path, plan: CapturePlan = PLAN, workers: int = 2) -> int:
    """Clips that were made now."""
    advanced: list[None] = []
    collect(plan, folder, NOTHING, workers, lambda: advanced.append(None))
    return len(advanced)


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "work", fake_work)


def annotated(folder: Path) -> list[str]:
    with (folder / "annotation.csv").open(newline="") as file:
        return [row[0] for row in csv.reader(file)][1:]


@pytest.mark.usefixtures("fakes")
def test_a_capture_goes_on_where_it_stopped(tmp_path: Path) -> None:
    assert run(tmp_path) == 5
    names = {PLAN.name(k) for k in range(5)}
    dataset = GFMinecraft(tmp_path)
    assert set(dataset.names) == names
    assert sorted(annotated(tmp_path)) == sorted(f"{name}.mp4" for name in names)
    kept = {path: path.read_bytes() for path in tmp_path.glob("metadata/*.json")}
    lost = tmp_path / "metadata" / f"{PLAN.name(3)}.json"
    lost.unlink()
    (tmp_path / "video" / f".{PLAN.name(3)}.mp4.123.part").write_bytes(b"half")
    assert run(tmp_path) == 1
    assert {path: path.read_bytes() for path in tmp_path.glob("metadata/*.json")} == kept
    assert run(tmp_path) == 0
    assert run(tmp_path, CapturePlan(clips=6, frames=8, places_per_world=2)) == 1
    assert len(annotated(tmp_path)) == 6
    assert {path.name for path in tmp_path.iterdir()} == {
        ".lock",
        "annotation.csv",
        "capture.json",
        "metadata",
        "video",
    }
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.usefixtures("fakes")
def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "kill").touch()
    assert run(tmp_path) == 5
    assert not (tmp_path / "kill").exists()
    assert GFMinecraft(tmp_path).frame_counts == (8,) * 5


@pytest.mark.usefixtures("fakes")
def test_a_game_that_does_not_run_ends_the_capture(tmp_path: Path) -> None:
    (tmp_path / "fail").touch()
    with pytest.raises(RunError, match="capture stopped: the game is gone"):
        run(tmp_path)


def test_workers_that_are_always_killed_end_the_capture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "work", kill_at_once)
    with pytest.raises(RunError, match="ask for fewer with --workers"):
        run(tmp_path)


def test_one_capture_at_a_time(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(DataError, match="another capture writes here"):
        run(tmp_path)


def test_what_a_killed_capture_left_is_swept_up(tmp_path: Path) -> None:
    left = [tmp_path / "video" / ".a.mp4.1.part", tmp_path / "metadata" / ".a.json.1.part", tmp_path / ".capture" / "x"]
    for path in left:
        path.parent.mkdir()
        path.touch()
    (tmp_path / "video" / "whole.mp4").touch()
    with opened(tmp_path):
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".lock", "whole.mp4"]


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 100])
@pytest.mark.parametrize("missing", [list(range(12)), [0, 1, 2, 3], [11], [], [0, 3, 4, 5, 9]])
def test_work_is_shared_out_whole_and_without_overlap(workers: int, missing: list[int]) -> None:
    plan = CapturePlan(clips=12, places_per_world=4)
    tasks = shared_out(plan, missing, workers)
    assert sorted(clip for task in tasks for clip in task) == missing
    assert len(tasks) >= min(workers, len(missing))
    assert all(len({plan.world(clip) for clip in task}) == 1 for task in tasks)
