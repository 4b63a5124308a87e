"""The player in a process of its own with a pad that is made up there, pressed from here."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .display import ROOT, SIZE, Desk, until


class Pad:
    """The made-up pad of a player."""

    def __init__(self, player: "subprocess.Popen[str]") -> None:
        self._player = player

    def do(self, *lines: str) -> None:
        assert self._player.stdin is not None
        self._player.stdin.write("".join(f"{line}\n" for line in lines))
        self._player.stdin.flush()

    def tap(self, button: str, desk: Desk) -> None:
        """Press a button until something else is seen."""
        before = desk.look()
        self.do(f"press {button}")
        until(lambda: bool((desk.look() != before).any()), f"{button} did something")
        self.do(f"lift {button}")


@contextmanager
def player_with_pad(desk: Desk, *words: str) -> "Iterator[tuple[subprocess.Popen[str], Pad]]":
    command = [sys.executable, "-m", "tests.app.virtual_pad", "--size", f"{SIZE[0]}x{SIZE[1]}", *words]
    pipe = subprocess.PIPE
    player = subprocess.Popen(command, cwd=ROOT, env=desk.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    try:
        yield player, Pad(player)
    finally:
        player.kill()
        player.communicate()
