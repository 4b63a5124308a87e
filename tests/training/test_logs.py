import errno
import json
import re
import threading
from pathlib import Path

import numpy as np
import pytest

from model.errors import RunError
from training import logs
from training.logs import RunLog, Steps


def test_steps_tell_plain_lines_in_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Steps("encode", 3, "clips") as steps:
        for _ in range(3):
            steps.advance()
    assert re.fullmatch(r"encode: 3 of 3 clips, [\d,.]+ clips/s\n", capsys.readouterr().err)
    monkeypatch.setattr(logs, "_LINE_SECONDS", -1.0)
    with Steps("encode", 20_000, "frames") as steps:
        steps.advance(1500)
    assert re.fullmatch(r"encode: 1,500 of 20,000 frames, [\d,.]+ frames/s\n", capsys.readouterr().err)


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


def test_the_bar_tells_loss_and_utilisation(tmp_path: Path) -> None:
    with RunLog(tmp_path / "run", 10) as log:
        log.scalars(4, {"loss": 0.5})
        assert log._progress.tasks[0].description == "run loss 0.5000"
        log.scalars(5, {"loss": 0.25, "utilisation": 0.4312})
    assert log._progress.tasks[0].description == "run loss 0.2500 at 43% of the machine"
    assert json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[1])["utilisation"] == 0.4312


def test_a_disk_that_is_full_is_one_sentence(tmp_path: Path) -> None:
    with RunLog(tmp_path, 10) as log:
        (tmp_path / "log.jsonl").mkdir()
        with pytest.raises(RunError, match=r"log\.jsonl: could not be written .*; make room, then resume"):
            log.scalars(5, {"loss": 0.5})


@pytest.mark.parametrize(("number", "told"), [(errno.ENOSPC, False), (errno.EACCES, True)])
def test_a_thread_of_the_log_is_silent_on_a_full_disk_only(
    number: int, told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda arguments: heard.append(arguments.exc_value))

    def fail() -> None:
        raise OSError(number, "said by the system")

    with RunLog(tmp_path, 10):
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert bool(heard) is told


def test_brackets_in_messages_are_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RunLog(tmp_path, 1) as log:
        log.note("folder [/odd] and [bold]")
    assert "folder [/odd] and [bold]" in capsys.readouterr().err


def test_a_resumed_log_drops_what_came_later_and_goes_on_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purged: list[int] = []
    monkeypatch.setattr(logs, "_tensorboard", lambda folder, resumed: purged.append(resumed))
    rows = [{"step": step, "time": 100.0 * step, "loss": 1.0} for step in (1, 2, 3)]
    torn = '{"step": 4, "ti'
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + torn)
    with RunLog(tmp_path, 10) as log:
        log.resume(2)
        log.scalars(3, {"loss": 0.5})
    found = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in found] == [1, 2, 3]
    assert found[:2] == rows[:2] and 200 <= found[2]["time"] < 230 and found[2]["loss"] == 0.5
    assert purged == [2]
