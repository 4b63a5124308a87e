"""A virtual display, a player on it, and hands and eyes outside of its process."""

import ctypes.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import pytest
from PIL import ImageGrab

ROOT = Path(__file__).parents[2]
PATIENCE = 240.0  # seconds; a machine that also trains may hold a window back for long
SIZE = (640, 400)

Screenshot = npt.NDArray[np.uint8]
"""The whole screen, bytes (height, width, 3)."""


def require_display() -> None:
    """Skip the test, or fail it under ARVD_REQUIRE_WINDOW_TESTS=1, where a tool for window tests is missing."""
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    missing += [] if ctypes.util.find_library("GL") else ["libGL"]
    if not missing:
        return
    unavailable(f"window tests need {', '.join(missing)} (apt-get install xvfb xdotool libgl1 libegl1 libxi6)")


def unavailable(reason: str) -> NoReturn:
    """Skip the test, or fail it under ARVD_REQUIRE_WINDOW_TESTS=1."""
    if os.environ.get("ARVD_REQUIRE_WINDOW_TESTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Desk:
    """A person before a virtual display."""

    def __init__(self, name: str, server: "subprocess.Popen[bytes]") -> None:
        self.name, self.server = name, server
        self.environment = os.environ | {
            "DISPLAY": name,
            "SDL_VIDEODRIVER": "x11",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "OMP_NUM_THREADS": "1",
            "CXX": "no-compiler",  # nothing is compiled beside what is tested
        }

    def is_up(self) -> bool:
        try:
            self.look()
        except OSError:  # a server that has told its number may refuse its first clients
            return False
        return True

    def look(self) -> Screenshot:
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))

    def hands(self, *words: str) -> None:
        """Inject input with xdotool, as in `hands("key", "F3")`."""
        subprocess.run(["xdotool", *words], env=self.environment, check=True, timeout=PATIENCE)

    def switch_layout(self, layout: str) -> None:
        """Have other letters written on the keys."""
        if shutil.which("setxkbmap") is None:
            unavailable("layouts of keyboards need setxkbmap (apt-get install x11-xkb-utils)")
        subprocess.run(["setxkbmap", layout], env=self.environment, check=True, timeout=PATIENCE)

    def window(self) -> str:
        """Number of the window that has the keyboard."""
        command = ["xdotool", "getwindowfocus"]
        found = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return found.stdout.strip()

    @contextmanager
    def player(self, *words: str, stderr: Path, module: str = "app.play") -> Iterator[subprocess.Popen[bytes]]:
        """Run the player, or another program, in a process of its own; it is dead at the end, whatever happens."""
        command = [sys.executable, "-m", module, "--size", f"{SIZE[0]}x{SIZE[1]}", *words]
        with stderr.open("wb") as said:
            process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=said)
            try:
                yield process
            finally:
                process.kill()
                process.wait()


@contextmanager
def virtual_display(size: tuple[int, int] = SIZE, *words: str) -> Iterator[Desk]:
    """Start an X server on a number that nobody uses; `words` are for its command line."""
    require_display()
    reading, writing = os.pipe()
    screen = f"{size[0]}x{size[1]}x24"
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp", "-noreset", *words]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    try:
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, "Xvfb did not start"
        desk = Desk(f":{number}", server)
        until(desk.is_up, "the display answered")
        yield desk
    finally:
        server.terminate()
        server.wait()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something to be seen."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.1)


def count_colour(seen: Screenshot, colour: tuple[int, ...], within: int = 12) -> int:
    """How many pixels are close to a colour."""
    distance = np.abs(seen.astype(np.int16) - np.array(colour[:3], dtype=np.int16)).max(axis=2)
    return int((distance <= within).sum())
