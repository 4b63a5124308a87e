"""`arvd-data capture`: what is asked for is what is planned; mistakes are named before a game is looked for."""

import argparse
from pathlib import Path

import pytest

from model.errors import DataError
from training.capture import collect, installed
from training.capture.installed import Installed
from training.capture.plan import CapturePlan
from training.commands import data_capture


def arguments(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    data_capture.add_to(parser.add_subparsers())
    return parser.parse_args(["capture", *words])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--size", "big"], "'big' is not understood"),
        (["--size", "160x95"], "height 95"),
        (["--size", "1280x720"], "width 1280"),
        (["--time", "noonish"], "'noonish' is not understood"),
        (["--time", "0.7-0.3"], "no range"),
        (["--time", "0.3-2"], "no range"),
        (["--workers", "0"], "0 workers"),
        (["--clips", "0"], "clips is 0"),
        (["--fps", "1000"], "1000 frames/s"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, words: list[str], said: str) -> None:
    asked = arguments(str(tmp_path / "new"), *words)
    with pytest.raises(DataError, match=said):
        asked.run(asked)
    assert not (tmp_path / "new").exists()


def test_what_is_asked_for_is_captured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked_for: list[tuple[CapturePlan, Path, int]] = []
    nothing = Installed(Path(), Path(), Path(), Path(), "0")
    monkeypatch.setattr(installed, "find_installed", lambda: nothing)
    monkeypatch.setattr(collect, "collect", lambda plan, out, _, workers, __: asked_for.append((plan, out, workers)))
    words = "--clips 3 --frames 33 --size 320x192 --fps 20 --seed 5 --workers 4 --biomes desert,taiga --time 0.4"
    asked = arguments(str(tmp_path), *words.split(), "--places-per-world", "7")
    assert asked.run(asked) == 0
    plan = CapturePlan(
        clips=3,
        frames=33,
        size=(192, 320),
        fps=20,
        seed=5,
        biomes=("desert", "taiga"),
        times=(0.4, 0.4),
        places_per_world=7,
    )
    assert asked_for == [(plan, tmp_path, 4)]
    assert "3 clips of 33 frames" in capsys.readouterr().out
