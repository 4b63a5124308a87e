"""`arvd-train`: stages in order, and what is said of wrong options."""

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model.actions import Action
from model.world import load_world
from training import milestones
from training.commands import train
from training.commands.train import main
from training.methods import INITS, METHODS
from training.milestones import ROWS
from training.recipes import RECIPES

from ..micro import ABOUT, micro


@pytest.fixture(autouse=True)
def as_found() -> Iterator[None]:
    """Put back what a command sets for its process."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
    torch.set_flush_denormal(False)


@pytest.fixture(autouse=True)
def recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """`small` has all stages; `shorter` ends with the AR model."""
    monkeypatch.setitem(RECIPES, "small", micro)
    monkeypatch.setitem(RECIPES, "shorter", lambda: replace(micro(), name="shorter", init=None, distill=None))


@pytest.fixture
def run(until_ar: Path, shared_footage: Path, tmp_path: Path) -> list[str]:
    """Options of a run up to the AR model, in the folder `run` of `tmp_path`."""
    shutil.copytree(until_ar, tmp_path / "run")
    return ["--data", str(shared_footage), "--root", str(tmp_path / "run"), "--device", "cpu"]


def complaint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a mistake: one sentence."""
    assert main(arguments) == 2
    heard = capsys.readouterr()
    assert heard.out == "" and heard.err.startswith("error: ") and heard.err.count("\n") == 1
    return heard.err


def test_run_goes_through_all_stages_to_a_world(
    run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also on clips that are too short to measure worlds by, which is said and holds nothing up."""
    assert main(["run", "small", *run]) == 0
    heard = capsys.readouterr().err
    for name in ("ar-1", "init", "distill"):
        assert f"warning: {name} is not measured: " in heard and "frames, evaluation needs 40" in heard
        assert load_world(str(tmp_path / "run" / name / "world"), device="cpu").scenes
    assert not (tmp_path / "run" / ROWS).exists() and "teacher-0 is not" not in heard
    (tmp_path / "about.toml").write_text(ABOUT)
    assert main(["export", "small", *run, "--about", str(tmp_path / "about.toml"), "--out", str(tmp_path / "out")]) == 0
    world = load_world(str(tmp_path / "out"), device="cpu")
    assert world.start("wall").step(Action()).shape == (32, 48, 3)


def test_a_stage_leaves_a_row_on_held_out_footage(
    run: list[str], shared_heldout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ar", "small", *run, "--heldout", str(shared_heldout)]) == 0
    (row,) = (tmp_path / "run" / ROWS).read_text().splitlines()
    assert json.loads(row)["stage"] == "ar-1"
    assert capsys.readouterr().out.startswith("ar-1: one frame ")


def test_sigterm_ends_measuring_at_once_and_the_next_run_measures(
    run: list[str], shared_heldout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["ar", "small", *run, "--heldout", str(shared_heldout)]
    with monkeypatch.context() as patched:
        patched.setattr(milestones, "measure_quality", lambda *_: signal.raise_signal(signal.SIGTERM))
        assert main(command) == 1
    assert not (tmp_path / "run" / ROWS).exists()
    assert main(command) == 0
    assert (tmp_path / "run" / ROWS).exists()


def test_a_method_takes_the_place_of_the_pipeline_s_own(
    run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "small", *run, "--pipeline", "causal-forcing", "--method", "none"]) == 0
    assert not (tmp_path / "run" / "trajectories").exists() and not (tmp_path / "run" / "init").exists()


def test_time_that_is_up_stops_the_run(run: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["distill", "small", *run, "--method", "none", "--minutes", "0"]) == 0
    assert "distill: stopped; start the same command again to resume" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "run" / "distill").glob("*.safetensors")] == [
        "checkpoint-00000001.safetensors"
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "large"], "unknown recipe 'large'; use one of tiny, micro, "),
        (["ablate", "large", "--heldout", "h", "--idm", "i", "--out", "o"], "unknown recipe 'large'"),
        (["init", "shorter", "--method", "causal-ode"], "'shorter' has no consistency settings"),
        (["run", "shorter", "--pipeline", "causvid"], "'shorter' has no consistency settings"),
        (["run", "shorter", "--loss", "sid"], "'shorter' ends before distillation"),
        (["distill", "shorter"], "'shorter' ends before distillation"),
        (["run", "small", "--heldout", "nowhere"], "nowhere: no such folder"),
        (["run", "small", "--start", "nowhere"], "unknown world 'nowhere'; bundled worlds: "),
        (["run", "small", "--start", "minecraft", "--weights", "w"], "give --weights or --start, not both"),
        (["autoencoder", "micro"], "the footage is 48x32, smaller than the 80x48 that is wanted"),
        (["ar", "small", "--root", "new"], "new/teacher-0/weights.safetensors: missing; run the stage 'teacher' to"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str],
    said: str,
    shared_footage: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in complaint([*arguments, "--data", str(shared_footage)], capsys)
    assert list(tmp_path.iterdir()) == []  # nothing was begun


def test_an_ablation_that_lacks_something_says_so(
    run: list[str], shared_heldout: Path, reader: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["ablate", "small", *run, "--out", str(tmp_path / "out"), "--heldout"]
    missing = [*common, str(shared_heldout), "--idm", str(tmp_path / "none")]
    assert "none: not a readable inverse-dynamics model" in complaint(missing, capsys)
    whole = [*common, str(shared_heldout), "--idm", str(reader)]
    assert "--seeds and --workers must be 1 or more" in complaint([*whole, "--workers", "0"], capsys)
    assert "no such folder" in complaint([*common, str(tmp_path / "none"), "--idm", str(reader)], capsys)
    shutil.rmtree(tmp_path / "run" / "ar-1")
    assert "weights.safetensors: missing; run the stage 'ar' to its end first" in complaint(whole, capsys)
    assert not (tmp_path / "out").exists() and not (tmp_path / "run" / "ablation").exists()


def test_choices_are_those_that_there_are() -> None:
    """The command line knows them by itself, so that --help answers without torch."""
    assert tuple(METHODS) == train._PIPELINES and train._INITS == INITS


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["run", "small"],
        ["distill", "small", "--data", "d", "--steps", "3"],
        ["init", "small", "--data", "d", "--method", "magic"],
        ["run", "small", "--data", "d", "--pipeline", "magic"],
        ["ablate", "small", "--data", "d", "--heldout", "h", "--out", "o"],
        ["export", "small", "--data", "d", "--out", "o"],
    ],
)
def test_wrong_usage_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    heard = capsys.readouterr().err
    assert "error: " in heard and "Traceback" not in heard
