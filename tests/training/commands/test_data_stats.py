import json
from pathlib import Path

import imageio.v3 as iio
import pytest

from tests.footage import write_clip
from training.commands.data import main


def test_the_numbers_are_printed(shared_footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(shared_footage)]) == 0
    out = capsys.readouterr().out
    for text in ("clips", "75", "48x32 at 16 frames/s", "forward", "yaw deviation", "█", "keys at once", "plains"):
        assert text in out


def test_numbers_and_pictures_are_written(
    shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, sheet = tmp_path / "stats.json", tmp_path / "a sheet.png"
    assert main(["stats", str(shared_footage), "--json", str(numbers), "--sheet", str(sheet)]) == 0
    found = json.loads(numbers.read_text())
    assert found["frames"] == 75 and set(found["biomes"]) == {"plains"}
    assert sum(found["yaw_turns"]) == 72 and len(found["turn_edges"]) == len(found["yaw_turns"]) + 1
    assert iio.imread(sheet).shape[2] == 3
    assert "pygame" not in capsys.readouterr().out


def test_footage_of_the_hub_is_measured(hub: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clip(hub, "a", 24)
    sheet = tmp_path / "sheet.png"
    assert main(["stats", "hf://datasets/someone/walks", "--sheet", str(sheet)]) == 0
    out = capsys.readouterr().out
    assert "hf://datasets/someone/walks" in out and "48x32 at 16 frames/s" in out and sheet.is_file()
    assert main(["stats", "hf://datasets/someone/else"]) == 2
    assert "hf://datasets/someone/else" in capsys.readouterr().err


def test_a_sheet_that_cannot_be_written_is_an_error(shared_footage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stats", str(shared_footage), "--sheet", str(shared_footage / "metadata" / "a.json" / "x.png")]) == 2
    assert "could not be written" in capsys.readouterr().err
