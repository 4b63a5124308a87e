from pathlib import Path

import pytest

from .recording import kill, measure_cost, soak


def test_all_three_measures_print_what_they_found(
    tiny_world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measure_cost(tmp_path / "cost", str(tiny_world), frames=120, fps=500.0)
    said = capsys.readouterr().out
    assert "step with recording: p50" in said and "handing a frame over: p50" in said and "dropped 0" in said
    soak(tmp_path / "soak", minutes=0.05, fps=20.0, speed=20.0)
    assert "60 frames in " in capsys.readouterr().out
    kill(tmp_path / "kills", kills=1, fps=200.0)
    assert "1 kills at 200 frames/s lost" in capsys.readouterr().out
