"""Work beside the play says what went wrong, and ends with everything that it started."""

import sys
import threading
import time
from pathlib import Path

import pytest

from app.beside import StoppedError, run_beside

PATIENCE = 60.0

_COMPILER = """#!{python}
import os, pathlib, time
pathlib.Path({pids!r}).joinpath(str(os.getpid())).touch()
time.sleep(1000)
"""


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_goes_wrong_is_said(tiny_world: Path) -> None:
    assert "no scene 'moon'" in run_beside(
        ["--headless", "--frames", "1", "--world", str(tiny_world), "--scene", "moon"], threading.Event()
    )


def test_work_that_comes_to_its_end_says_nothing(tiny_world: Path) -> None:
    assert run_beside(["--headless", "--frames", "1", "--world", str(tiny_world)], threading.Event()) == ""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_a_compiler_ends_with_it_and_leaves_no_folder(
    tiny_world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids, compiler = tmp_path / "pids", tmp_path / "compiler"
    pids.mkdir()
    compiler.write_text(_COMPILER.format(python=sys.executable, pids=str(pids)))
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    over, ended = threading.Event(), threading.Event()

    def work() -> None:
        with pytest.raises(StoppedError):
            run_beside(["--headless", "--frames", "1", "--world", str(tiny_world), "--runtime", "compiled"], over)
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    end = time.monotonic() + PATIENCE
    while not list(pids.iterdir()):
        assert time.monotonic() < end and thread.is_alive(), "no compiler was called"
        time.sleep(0.05)
    over.set()
    thread.join()
    assert ended.is_set()
    assert not [path for path in pids.iterdir() if is_alive(int(path.name))]
    assert not list((tmp_path / "cache").rglob(".making-*"))
