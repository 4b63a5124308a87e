"""`python -m tests.app.slow_disk WORDS... STRINGS`: the player, on a disk that hangs while a string is there.

A string is a file in the folder STRINGS, pulled by a test in another process: while `hangs` is there no save that is
written gets its name, and `waits` says that one waits for it. Nothing else is held up.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.play import command
from model import files
from model.snapshot import Snapshot

from .display import PATIENCE, Desk, until
from .puppet import wait_while

_LEAVING_SECONDS = 1.5  # longer than it takes where nothing is waited for


def begin_to_save(desk: Desk, quick: Path, strings: Path) -> None:
    """Let the disk hang in the midst of a quick save into a file."""
    (strings / "hangs").touch()
    desk.hands("key", "F5")
    until((strings / "waits").exists, "the save was being written")
    assert any(quick.parent.glob(f".{quick.name}.*"))


def finish_saving(player: "subprocess.Popen[bytes]", quick: Path, strings: Path) -> int:
    """Let it go on; a player that leaves meanwhile has waited for it. Returns its exit code."""
    with pytest.raises(subprocess.TimeoutExpired):
        player.wait(_LEAVING_SECONDS)
    assert not quick.exists()
    (strings / "hangs").unlink()
    code = player.wait(PATIENCE)
    assert list(quick.parent.iterdir()) == [quick] and Snapshot.from_bytes(quick.read_bytes()).index > 0
    return code


def hang(strings: Path) -> None:
    """Have saves wait for the string before they are whole."""
    finished_file = files.finished_file

    @contextmanager
    def finished_late(path: Path) -> Iterator[Path]:
        with finished_file(path) as unfinished:
            yield unfinished
            if path.suffix == ".safetensors":
                wait_while(strings / "hangs", strings / "waits")

    files.finished_file = finished_late


if __name__ == "__main__":
    hang(Path(sys.argv.pop()))
    command()
