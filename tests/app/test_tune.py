from pathlib import Path

import pytest

from app.options import build_parser
from app.play import main
from app.tune import check_tune
from model.errors import ArvdError
from model.runtimes import tuning
from model.world_spec import bundled_worlds


@pytest.mark.parametrize(
    "words",
    [
        ["--scene", "one"],
        ["--steps", "2"],
        ["--uncapped"],
        ["--runtime", "eager"],
        ["--frames", "3"],
    ],
)
def test_what_is_for_playing_is_refused(words: list[str]) -> None:
    with pytest.raises(ArvdError, match="leave"):
        check_tune(build_parser().parse_args(["--tune", *words]))


def test_without_a_name_all_bundled_worlds_are_tuned() -> None:
    assert check_tune(build_parser().parse_args(["--tune"])).worlds == tuple(bundled_worlds().values())


def test_the_table_names_the_fastest_and_what_the_window_will_use(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(tmp_path / "no-such-compiler"))  # compiling is tested where it belongs
    monkeypatch.setattr(tuning, "ONNX_RUNTIMES", ())  # and so is exporting
    assert main(["--tune", "--world", str(tiny_world)]) == 0
    out = capsys.readouterr().out
    assert "eager-fp32" in out and "<- fastest" in out and "in the window it will be played by eager" in out


def test_a_world_that_is_none_is_said_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tune", "--world", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
