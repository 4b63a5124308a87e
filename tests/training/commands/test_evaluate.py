import json
import subprocess
import sys
from pathlib import Path

import pytest

from training.commands.evaluate import main
from training.metrics import drift, products

from ..footage import write_clip


@pytest.fixture(scope="module")
def heldout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("heldout")
    write_clip(root, "a", 44, seed=5)
    return root


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(drift, "SCRIPT", drift.SCRIPT[:3])


def test_all_measures_write_tables_json_and_pictures(
    tiny_world: Path, heldout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, pictures = tmp_path / "new" / "all.json", tmp_path / "pictures"
    common = ["--world", str(tiny_world), "--data", str(heldout), "--starts", "1", "--frames", "2"]
    assert main(["all", *common, "--json", str(target), "--pictures", str(pictures)]) == 0
    document = json.loads(target.read_text())
    assert {"quality", "control", "drift", "speed"} <= set(document)
    assert (document["world"], document["steps"], document["data"]) == ("tiny", 2, heldout.name)
    assert document["control"]["forces"]["left"]["generated"]["count"] == 1
    assert sorted(path.name for path in pictures.iterdir()) == ["tiny-control.png", "tiny-quality.png"]
    assert "One frame ahead" in capsys.readouterr().out


def test_bare_json_prints_nothing_else(tiny_world: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed", "--world", str(tiny_world), "--frames", "2", "--steps", "1", "--json"]) == 0
    output = capsys.readouterr()
    document = json.loads(output.out)
    assert {"fps", "frame_ms", "stage_ms", "limit_ms", "ratio_to_limit"} <= set(document)
    assert document["steps"] == 1
    assert "FPS" in output.err


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
    assert "s: has 12 frames" in complaint(["quality", *world, "--data", str(short)], capsys)


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
