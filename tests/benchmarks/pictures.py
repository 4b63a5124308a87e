"""`python -m tests.benchmarks.pictures FOLDER`: the README's pictures of the player, taken of the player as it is.

Nothing else should run meanwhile: the figures that the pictures show are measured while they are taken.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imageio.v3 as iio

from tests.app.display import ROOT, Desk, virtual_display

_SIZE = (960, 540)


def main() -> int:
    """Take all of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pictures")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--world", default="minecraft")
    parser.add_argument("--other", default="minecraft", help="world to compare with (default: %(default)s)")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, virtual_display(_SIZE) as desk:
        camera = Camera(desk, arguments.folder, Path(home))
        camera.take_walk(arguments.world)
        camera.take_start()
        camera.take_versus(arguments.world, arguments.other)
    return 0


class Camera:
    """A person who plays and presses a button now and then."""

    def __init__(self, desk: Desk, folder: Path, home: Path) -> None:
        """Write pictures to `folder`; `home` is where the player keeps what it keeps."""
        self._desk, self._folder = desk, folder
        names = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_PICTURES_DIR")
        self._environment = desk.environment | {name: str(home / name.lower()) for name in names}
        del self._environment["OMP_NUM_THREADS"], self._environment["CXX"]

    def take_walk(self, world: str) -> None:
        """The world with figures and hands, the menu and its pages, and a rewind."""
        self._run(self._walk, "--world", world, "--scene", "desert", "--seed", "3")

    def take_start(self) -> None:
        """The start screen."""
        self._run(lambda: self._shoot("start", after=4.0))

    def take_versus(self, world: str, other: str) -> None:
        """Two worlds under the same hands."""
        self._run(self._versus, "--world", world, "--versus", other, "--scene", "meadow")

    def _walk(self) -> None:
        time.sleep(3.0)
        self._press("F3")
        self._hold("w", "play", seconds=1.5)
        self._press("F5")
        time.sleep(4.0)  # until nothing is said of it any more
        self._press("Escape")
        self._shoot("menu")
        self._press("Down", "Return")
        self._shoot("slots")
        self._press("Escape", "Escape", "Escape")  # to the menu, to the walk, and back to the top of the menu
        self._press("Down", "Down", "Down", "Down", "Return")
        self._press("Down", "Down", "Return")
        self._shoot("settings")
        self._press("Escape", "Up", "Return")
        self._shoot("keys")
        self._press("Escape", "Escape", "Escape")
        time.sleep(3.0)
        self._hold("BackSpace", "rewind", seconds=1.5)

    def _versus(self) -> None:
        time.sleep(12.0)
        self._hold("w", "versus", seconds=1.5)

    def _run(self, play: Callable[[], None], *words: str) -> None:
        command = [sys.executable, "-m", "app.play", "--size", f"{_SIZE[0]}x{_SIZE[1]}", *words]
        with subprocess.Popen(command, cwd=ROOT, env=self._environment) as player:
            try:
                play()
            finally:
                player.terminate()

    def _press(self, *keys: str) -> None:
        for key in keys:
            self._desk.hands("key", key)
            time.sleep(0.3)

    def _hold(self, key: str, name: str, *, seconds: float) -> None:
        self._desk.hands("keydown", key)
        self._shoot(name, after=seconds)
        self._desk.hands("keyup", key)

    def _shoot(self, name: str, after: float = 1.0) -> None:
        time.sleep(after)
        iio.imwrite(self._folder / f"{name}.png", self._desk.look())


if __name__ == "__main__":
    sys.exit(main())
