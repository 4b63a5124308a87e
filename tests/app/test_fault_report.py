from datetime import datetime
from pathlib import Path

import pytest

from app import fault_report
from app.fault_report import FaultReport
from app.keepsakes import Place
from app.settings import HandsSettings, Settings
from model.errors import RunError, WorldError

PLACE = Place(world="tiny", world_hash="0" * 64, seed=7, scene="two", index=25, steps=2)
NOW = datetime(2025, 3, 4, 5, 6, 7)


def failing() -> BaseException:
    try:
        raise RuntimeError("out of\nluck")
    except RuntimeError as error:
        return error


def test_the_sentence_is_one_line() -> None:
    settings = Settings()
    assert FaultReport(failing(), PLACE, settings, "llvmpipe").sentence == "RuntimeError: out of luck"
    assert FaultReport(MemoryError(), PLACE, settings, "llvmpipe").sentence == "MemoryError"
    assert FaultReport(WorldError("mend it"), PLACE, settings, "llvmpipe").sentence == "mend it"


def test_the_file_tells_where_why_and_on_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_report, "reports_folder", lambda: tmp_path / "logs" / "arvd")
    report = FaultReport(failing(), PLACE, Settings(hands=HandsSettings(mouse_degrees=0.44)), "llvmpipe")
    assert report.saved is None
    path = report.save(NOW)
    assert path == report.saved == tmp_path / "logs" / "arvd" / "fault-20250304-050607.txt"
    text = path.read_text()
    for part in ("RuntimeError: out of luck", "in failing", "seed: 7", "scene: two", "llvmpipe", "0.44", "torch "):
        assert part in text, part


def test_a_disk_that_takes_no_report_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(fault_report, "reports_folder", lambda: tmp_path / "file")
    report = FaultReport(failing(), PLACE, Settings(), "llvmpipe")
    with pytest.raises(RunError, match="could not be written"):
        report.save(NOW)
    assert report.saved is None
