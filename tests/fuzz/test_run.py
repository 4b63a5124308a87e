from pathlib import Path

import pytest

from . import run
from .broken import READERS
from .run import Fuzzer
from .worker import Case


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("broken")


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("hang", "sleeps")])
def test_what_a_reader_does_wrong_is_called_so(reader: str, folder: Path) -> None:
    keep = folder / "kept"
    with Fuzzer(folder, keep, "tests.fuzz.broken") as fuzzer:
        tally = fuzzer.run(reader, range(2))
    assert tally.outcomes == {reader: 2} and bool(tally.failures) == (reader != "refused")
    assert (keep / f"{reader}-1" / "clip.json").is_file() == (reader != "refused")
    assert not list(folder.glob("*/case*"))


def test_a_reader_that_runs_for_ever_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARVD_FUZZ_SECONDS", "1")
    with Fuzzer(folder, module="tests.fuzz.broken") as fuzzer:
        assert fuzzer.ask(Case("hang")).outcome == "hang"
        assert fuzzer.ask(Case("refused")).outcome == "refused"
        monkeypatch.setattr(run, "MOST_WAIT", 1.0)
        assert fuzzer.ask(Case("sleeps")).outcome == "hang"
