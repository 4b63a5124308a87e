"""What is missing is named, with the packages that hold it."""

from pathlib import Path

import pytest

from model.errors import DataError
from training.capture import installed


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installed, "_PROGRAMS", (str(tmp_path),))
    monkeypatch.setattr(installed, "_GAMES", (str(tmp_path),))
    with pytest.raises(DataError) as said:
        installed.find_installed()
    for name in ("minetest", "Xvfb", "Minetest Game", "sudo apt-get install", "minetest-data", "libx11-dev"):
        assert name in str(said.value)


def test_a_compiler_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DataError, match="capture lacks gcc; on Debian"):
        installed.compile_lockstep()


def test_headers_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "lockstep.c"
    source.write_text("#include <no/such/header.h>\n")
    monkeypatch.setattr(installed, "_SOURCE", source)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DataError, match=r"(no/such/header\.h|gcc).*libx11-dev"):
        installed.compile_lockstep()
    assert not list((tmp_path / "cache" / "arvd").iterdir())
