import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from model.actions import KEYS
from model.footage.clip import Dataset
from tests.footage import write_clip, write_hops
from training.commands import evaluate, evaluate_measures
from training.commands.evaluate import main
from training.commands.evaluate_measures import Job, Outcome
from training.inverse_dynamics import (
    InverseDynamicsConfig,
    InverseDynamicsModel,
    TrainedOn,
    load_inverse_dynamics,
    save_inverse_dynamics,
)
from training.metrics import constant, control, drift, flow_error, forge, memory, products, sheets
from training.metrics.playable import CONTEXT
from training.metrics.rolled import RolledConfig


@pytest.fixture(scope="module")
def heldout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("heldout")
    write_clip(root, "a", 96, seed=5)
    return root


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(drift, "SCRIPT", drift.SCRIPT[:9])
    monkeypatch.setattr(memory, "PATHS", memory.PATHS[:1])
    monkeypatch.setattr(constant, "FRAMES", 16)
    monkeypatch.setattr(sheets, "CONSTANT_AHEAD", (4, 8, 12, 16))


def test_all_measures_write_tables_json_pictures_and_a_page(
    tiny_world: Path, heldout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, pictures, page = tmp_path / "new" / "all.json", tmp_path / "pictures", tmp_path / "page"
    common = ["--world", str(tiny_world), "--data", str(heldout), "--starts", "1", "--frames", "18"]
    places = ["--json", str(target), "--pictures", str(pictures), "--report", str(page)]
    assert main(["all", *common, *places]) == 0
    document = json.loads(target.read_text())
    measured = {"quality", "control", "flow", "forge", "memory", "drift", "idle", "speed"}
    assert measured <= set(document)
    assert set(document["left_out"]) == {"following", "frechet"}
    assert (document["world"], document["steps"], document["data"]) == ("tiny", 2, heldout.name)
    assert document["control"]["forces"]["left"]["generated"]["count"] == 1
    assert len(document["drift"]["windows"]) == 2
    assert document["forge"]["constant"]["keys"]["count"] == 2
    sheets = ["constant", "control", "drift", "forge", "idle", "memory", "quality"]
    assert sorted(path.name for path in pictures.iterdir()) == [f"tiny-{name}.png" for name in sheets]
    files = {"index.html", "report.json", *(f"{name}.png" for name in sheets)}
    assert {path.name for path in page.iterdir()} == files
    assert json.loads((page / "report.json").read_text()) == document
    html = (page / "index.html").read_text()
    assert all(f'<h2 id="{name}">' in html for name in measured)
    assert html.count("<svg") == 9
    assert document["hash"] in html
    output = capsys.readouterr().out
    assert "One frame ahead" in output
    assert "following left out: needs a model" in output


def test_an_inverse_dynamics_model_reads_the_actions(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        write_clip(tmp_path / "data", name, 76, seed=3)
    torch.manual_seed(0)
    model = InverseDynamicsModel(InverseDynamicsConfig(size=(32, 48), hidden=8, features=4), TrainedOn("none", 1, 1, 0))
    save_inverse_dynamics(tmp_path / "idm.safetensors", model)
    monkeypatch.setattr(evaluate, "_choose", lambda arguments, dataset: (("following", "frechet"), {}))
    common = ["--world", str(tiny_world), "--data", str(tmp_path / "data"), "--starts", "1"]
    idm, page = ["--idm", str(tmp_path / "idm.safetensors")], ["--report", str(tmp_path / "page")]
    assert main(["all", *common, *idm, *page]) == 0
    document = json.loads((tmp_path / "page" / "report.json").read_text())
    assert document["following"]["rollouts"] == document["frechet"]["rollouts"] == 2
    assert {"generated", "real"} <= set(document["following"])
    assert '<h2 id="frechet">' in (tmp_path / "page" / "index.html").read_text()


def test_all_leaves_out_what_the_footage_is_too_short_for(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "data", "short", 44)
    taken: list[str] = []

    def pretend(job: Job) -> Outcome:
        taken.append("")
        return Outcome({})

    monkeypatch.setattr(evaluate_measures, "MEASURES", dict.fromkeys(evaluate_measures.MEASURES, pretend))
    target = tmp_path / "all.json"
    common = ["--world", str(tiny_world), "--data", str(tmp_path / "data"), "--json", str(target)]
    assert main(["all", *common]) == 0
    left_out = json.loads(target.read_text())["left_out"]
    assert list(left_out) == ["forge", "following", "frechet"]
    assert left_out["forge"] == "needs clips of 84 frames and short has 44; drop short clips"
    assert len(taken) == 7


def test_published_footage_is_measured_as_it_lies(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Larger pictures of another shape, and jumps as worlds are trained on them."""
    effective = write_hops(tmp_path / "gf", factor=2, extra_width=16, count=44)
    write_hops(tmp_path / "fit", count=44)
    measured: list[Dataset] = []

    def pretend(job: Job) -> Outcome:
        measured.append(job.dataset)
        return Outcome({})

    monkeypatch.setattr(evaluate_measures, "MEASURES", dict.fromkeys(evaluate_measures.MEASURES, pretend))
    common = ["quality", "--world", str(tiny_world), "--data"]
    assert main([*common, str(tmp_path / "gf")]) == 0
    assert capsys.readouterr().err.count("of 112x64 the middle 96x64 is used, in the shape of 48x32") == 1
    assert main([*common, str(tmp_path / "fit")]) == 0
    assert "middle" not in capsys.readouterr().err
    larger, fit = (dataset.read(0) for dataset in measured)
    for clip in (larger, fit):
        assert clip.actions[:, KEYS.index("jump")].tolist() == effective
    assert np.abs(larger.frames.astype(float) - fit.frames).mean() < 4  # but for the codec


def test_bare_json_prints_nothing_else(tiny_world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--world", str(tiny_world), "--frames", "2", "--steps", "1", "--json"]) == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert {"fps", "frame_ms", "stage_ms", "limit", "ratio_to_limit"} <= set(document)
    assert document["steps"] == 1
    assert "FPS" in output.err


def test_the_frames_that_measures_need_are_those_that_they_ask_for() -> None:
    rolled_out = {"quality": 32, "control": control.FRAMES, "flow": flow_error.FRAMES, "forge": forge.FRAMES}
    read = RolledConfig().frames
    needed = rolled_out | {"memory": 1, "following": read, "frechet": read}
    assert {verb: CONTEXT + frames for verb, frames in needed.items()} == evaluate._NEED_FRAMES


def complaint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    return output.err


def test_bad_input_is_one_sentence(
    tiny_world: Path, heldout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, data = ["--world", str(tiny_world)], ["--data", str(heldout)]
    assert "unknown world 'nowhere'" in complaint(["speed", "--world", "nowhere"], capsys)
    assert "give --data" in complaint(["quality", *world], capsys)
    assert "give --data" in complaint(["all", *world], capsys)
    assert "no such folder" in complaint(["control", *world, "--data", str(tmp_path / "none")], capsys)
    assert "in 3 steps" in complaint(["quality", *world, *data, "--steps", "3"], capsys)
    assert "unknown device" in complaint(["speed", *world, "--device", "tpu"], capsys)
    assert "is a folder" in complaint(["speed", *world, "--json", str(tmp_path)], capsys)
    file = tmp_path / "file"
    file.touch()
    assert "is a file" in complaint(["quality", *world, *data, "--pictures", str(file)], capsys)
    short = tmp_path / "short"
    write_clip(short, "s", 12)
    assert "s has 12; drop short clips" in complaint(["quality", *world, "--data", str(short)], capsys)
    assert "give --idm FILE" in complaint(["following", *world, *data], capsys)
    assert "is a file" in complaint(["flow", *world, *data, "--report", str(file)], capsys)
    assert "no such folder" in complaint(["forge", *world, *data, "--weights", str(tmp_path / "none")], capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["quality"],
        ["fly", "--world", "w"],
        ["speed", "--world", "w", "--frames", "0"],
        ["quality", "--world", "w", "--clips", "x"],
        ["quality", "--world", "w", "--seed", "-1"],
    ],
)
def test_wrong_usage_leaves_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_help_and_usage_errors_do_without_torch() -> None:
    script = (
        "import sys\nfrom training.commands.evaluate import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "assert main(['quality', '--world', 'w']) == 2\nassert main(['speed', '--world', 'nowhere']) == 2\n"
        "assert not {'torch', 'av', 'rich'} & set(sys.modules), 'imported something heavy'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=60)


def test_the_bundled_reader_of_actions_fits_what_it_says() -> None:
    """The size noted in the command is that of the model, and it reads frames of the bundled world."""
    path = evaluate._bundled_idm(96, 160)
    assert path is not None and evaluate._bundled_idm(100, 160) is None and evaluate._bundled_idm(32, 48) is None
    model = load_inverse_dynamics(path)
    assert model.config.size == evaluate._IDM_SIZE
