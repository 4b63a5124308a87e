"""What a finished stage leaves: a world that is sampled as its weights ask, and one row of measures."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from model.actions import Action
from model.errors import WorldError
from model.footage.gf_minecraft import GFMinecraft
from model.world import World, load_world
from training import milestones
from training.chain import Chain
from training.milestones import ROWS, describe, export_stage, leave_milestone
from training.stage_weights import WEIGHTS

from .micro import micro_chain


@pytest.fixture(scope="module")
def run(until_ar: Path, shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """A run in which all stages but the last are done."""
    root = tmp_path_factory.mktemp("run")
    shutil.copytree(until_ar, root, dirs_exist_ok=True)
    chain = micro_chain(shared_footage, root)
    assert chain.init()
    return chain


@pytest.fixture(scope="module")
def left(run: Chain, shared_heldout: Path) -> list[str]:
    """What was told of the milestones of AR model and student, once each of them was left."""
    told: list[str] = []
    for name in ("ar-1", "init"):
        row = leave_milestone(run, name, GFMinecraft(shared_heldout), held_out=True)
        assert row is not None
        describe(row, told.append)
    return told


def world_of(run: Chain, name: str) -> World:
    return load_world(str(run.folder(name) / "world"), device="cpu")


def test_each_stage_leaves_a_world_that_plays_and_one_row(run: Chain, left: list[str]) -> None:
    rows = [json.loads(line) for line in (run.root / ROWS).read_text().splitlines()]
    assert [row["stage"] for row in rows] == ["ar-1", "init"]
    for row, line in zip(rows, left, strict=True):
        assert row["weights"] == run.digest(row["stage"]) and row["held_out"]
        assert {"1", "8", "32"} <= set(row["psnr"]) == set(row["sharpness"])
        assert set(row["control"]) == {"left", "right", "w", "s"} and all(0 <= v <= 1 for v in row["control"].values())
        assert line.startswith(f"{row['stage']}: one frame {row['one_frame_gain_db']:+.2f} dB")
        assert line.endswith("on held-out footage")
        world = world_of(run, row["stage"])
        assert len(world.scenes) == 3
        frame = world.start("scene-1").step(Action(forward=True))
        assert frame.shape == (32, 48, 3) and frame.dtype == np.uint8


def test_what_is_measured_is_not_measured_again(
    run: Chain, left: list[str], shared_heldout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (run.root / ROWS).read_bytes()
    monkeypatch.delattr(milestones, "measure_quality")
    assert leave_milestone(run, "init", GFMinecraft(shared_heldout), held_out=True) is None
    assert (run.root / ROWS).read_bytes() == before


def test_other_weights_are_measured_anew_in_the_same_row(
    run: Chain, left: list[str], shared_footage: Path, shared_heldout: Path, tmp_path: Path
) -> None:
    shutil.copytree(run.root, tmp_path / "run")
    path = tmp_path / "run" / ROWS
    ar, init = path.read_text().splitlines()
    path.write_text(f"{json.dumps(json.loads(ar) | {'weights': 'old'})}\n{init}\n")
    chain = micro_chain(shared_footage, tmp_path / "run")
    assert leave_milestone(chain, "ar-1", GFMinecraft(shared_heldout), held_out=True) == json.loads(ar)
    assert path.read_text().splitlines() == [init, ar]


def test_a_bidirectional_teacher_leaves_none(run: Chain, shared_heldout: Path) -> None:
    assert leave_milestone(run, "teacher-0", GFMinecraft(shared_heldout), held_out=True) is None
    assert (run.root / "teacher-0" / WEIGHTS).is_file() and not (run.root / "teacher-0" / "world").exists()


def test_weights_are_sampled_as_they_were_trained(run: Chain, left: list[str], tmp_path: Path) -> None:
    ar, student = world_of(run, "ar-1"), world_of(run, "init")
    assert (ar.spec.sampler.kind, student.spec.sampler.kind) == ("euler", "consistency")
    assert (ar.start("scene-1").steps, student.start("scene-1").steps) == (3, 2)
    assert ar.start("scene-1", steps=7).steps == 7  # any number walks the flow
    with pytest.raises(WorldError, match="in 3 steps"):
        student.start("scene-1", steps=3)  # which has lists for some
    export_stage(
        run, "ar-1", tmp_path / "mistaken", run.sampler("init")
    )  # the same weights as if they were a student's
    mistaken = load_world(str(tmp_path / "mistaken"), device="cpu")
    frames = [world.start("scene-1", seed=1, steps=4).step(Action()) for world in (ar, mistaken)]
    assert not np.array_equal(*frames)
