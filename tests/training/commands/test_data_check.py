import json
import shutil
from pathlib import Path

import pytest

from tests.footage import write_clip
from training.commands.data import main


def test_good_footage_passes(shared_footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(shared_footage)]) == 0
    assert "3 clips, 75 frames: no problems found" in capsys.readouterr().out


def test_every_problem_is_said_and_the_exit_code_is_1(
    footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_clip(footage, "good [bold]", 12, 2)
    (footage / "metadata" / "a.json").write_text("{")
    (footage / "video" / "b.mp4").write_bytes(b"torn")
    numbers = tmp_path / "deep" / "findings.json"
    assert main(["check", str(footage), "--json", str(numbers)]) == 1
    out = capsys.readouterr().out
    assert "problem: a: " in out and "problem: b: " in out and "what to do" in out
    assert "3 clips, 12 frames: 2 with problems" in out
    found = json.loads(numbers.read_text())
    assert [entry["clip"] for entry in found["findings"]] == ["a", "b"]


def test_many_problems_of_one_kind_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for k in range(7):
        write_clip(tmp_path, f"clip {k}", 4, k)
        (tmp_path / "metadata" / f"clip {k}.json").write_text("{")
    assert main(["check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert out.count("problem: ") == 5 and "and 2 more of unreadable in 7 clips" in out


def test_a_sample_and_other_footage(shared_footage: Path, footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(shared_footage), "--clips", "2", "--against", str(footage)]) == 0
    assert "2 clips, 44 frames" in capsys.readouterr().out
    assert main(["check", str(footage), "--against", str(footage / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_footage_of_the_hub_is_looked_at(hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, name in enumerate(("a", "b")):
        write_clip(hub, name, 150, seed)
    shutil.copytree(hub, tmp_path / "here")
    address = "hf://datasets/someone/walks"
    assert main(["check", address, "--clips", "1"]) == 0
    assert "1 clips, 150 frames: no problems found" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "here"), "--against", address]) == 1
    assert "2 with problems" in capsys.readouterr().out
    (hub / "metadata" / "b.json").write_text("{")
    assert main(["check", address]) == 1
    assert "problem: b: " in capsys.readouterr().out
    assert main(["check", "hf://datasets/someone/else"]) == 2
    assert "hf://datasets/someone/else" in capsys.readouterr().err


@pytest.mark.parametrize("count", ["0", "-1", "many", "٣x"])
def test_a_wrong_count_is_wrong_usage(count: str, shared_footage: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["check", str(shared_footage), f"--clips={count}"])
    assert left.value.code == 2
