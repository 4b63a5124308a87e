import re
from pathlib import Path

import pytest

from app.play import main


def fails(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run, and return the one sentence that was said."""
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == "" and re.fullmatch(r"error: .+\n", said.err), said.err
    return said.err


@pytest.mark.parametrize(
    "words",
    [
        ("--world", "minecraft"), ("--scene", "meadow"), ("--seed", "3"), ("--steps", "2"), ("--frames", "9"),
        ("--report", "r.json"), ("--uncapped",), ("--headless",), ("--actions", "w"), ("--out", "x.mp4"),
        ("--replay", "x"),
    ],
)  # fmt: skip
def test_what_is_for_playing_does_not_go_with_browsing(
    capsys: pytest.CaptureFixture[str], footage: Path, words: tuple[str, ...]
) -> None:
    said = fails(capsys, "--browse", str(footage), *words)
    assert f"{words[0]} does not go with --browse" in said


@pytest.mark.parametrize("name", ["no such folder", "n" * 300, "a file", "\0"])
def test_what_is_no_folder_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    (tmp_path / "a file").write_text("")
    said = fails(capsys, "--browse", str(tmp_path / name))
    assert "--browse" in said and "give a folder of footage" in said


def test_a_folder_without_footage_is_said_before_a_display_is_opened(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":no-display")
    assert "holds no clips" in fails(capsys, "--browse", str(tmp_path))


def test_edits_that_do_not_fit_are_said_before_a_display_is_opened(
    capsys: pytest.CaptureFixture[str], footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":no-display")
    (footage / "arvd-edits.toml").write_text("format = 1\n[clips.a]\nfirst = 99\n")
    assert 'first of clip "a" is 99' in fails(capsys, "--browse", str(footage))
