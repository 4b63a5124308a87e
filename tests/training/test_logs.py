import json
from pathlib import Path

import numpy as np
import pytest

from training import logs
from training.logs import RunLog, Steps


def test_steps_tell_plain_lines_in_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Steps("encode", 3, "clips") as steps:
        for _ in range(3):
            steps.advance()
    assert capsys.readouterr().err == "encode: 3 of 3 clips\n"
    monkeypatch.setattr(logs, "_LINE_SECONDS", -1.0)
    with Steps("encode", 2, "clips") as steps:
        steps.advance()
    assert capsys.readouterr().err == "encode: 1 of 2 clips\n"


def test_a_run_leaves_numbers_and_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunLog(tmp_path / "run", 10) as log:
        log.scalars(5, {"loss": 0.123456789, "rate": 1e-3})
        log.pictures(5, {"grey": np.full((4, 6, 3), 128, np.uint8)})
        log.warn("something [is] odd")
    row = json.loads((tmp_path / "run" / "log.jsonl").read_text())
    assert row["step"] == 5 and row["loss"] == 0.123457 and row["rate"] == 0.001
    assert (tmp_path / "run" / "grey-000005.png").read_bytes().startswith(b"\x89PNG")
    told = capsys.readouterr().err
    assert "step 5" in told and "loss 0.12346" in told and "warning: something" in told


def test_brackets_in_messages_are_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunLog(tmp_path, 1) as log:
        log.note("folder [/odd] and [bold]")
    assert "folder [/odd] and [bold]" in capsys.readouterr().err
