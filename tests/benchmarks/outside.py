"""How soon the screen answers the hands, seen from outside of the player's process.

Hands come through the X server's test extension, and the screen is the file in which Xvfb keeps its pixels
(`-fbdir FOLDER`): neither takes more than microseconds, nor anything of the player's time.
"""

import ctypes
import ctypes.util
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.app.xlib import Screen

_STRIP = (0.38, 0.46)  # of the screen's height: above the middle, where no words stand
_COUNTS, _KEYS = 40, ("Left", "Right")  # a turn of six degrees; keys that turn by three in each frame
_LOOK_SECONDS, _REST_SECONDS, _SETTLING_SECONDS, _PATIENCE = 0.0005, 0.5, 3.0, 10.0
_APART = 30  # looks between two by which it is judged how far the picture changes of itself

Strip = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Answers:
    """Milliseconds from an input to a picture that shows it."""

    camera: list[float]
    """From a motion of the mouse to the turned picture."""
    keys: list[float]
    """From a key that turns to a picture generated with it."""


class Watch:
    """Looks at a strip across the screen."""

    def __init__(self, folder: Path) -> None:
        """Find the pixels of the server that keeps them in `folder`, in the format of xwd."""
        pixels = np.memmap(folder / "Xvfb_screen0", np.uint8, "r")
        head = pixels[:100].view(">u4")
        size, height, line, colours = (int(head[index]) for index in (0, 5, 12, 19))
        begin = size + 12 * colours
        self._rows = pixels[begin : begin + height * line].reshape(height, line)
        self._strip = slice(*(round(share * height) for share in _STRIP))

    def look(self) -> Strip:
        """Return its bytes."""
        return self._rows[self._strip, ::3].astype(np.int16)

    def unrest(self) -> float:
        """How far it changes while no hand does anything, as a mean over its bytes."""
        looks = [self.look()]
        for _ in range(3 * _APART):
            time.sleep(0.01)
            looks.append(self.look())
        return max(_apart(before, after) for before, after in zip(looks, looks[_APART:], strict=False))

    def until_rest(self, unrest: float) -> Strip:
        """Wait until what was done before is seen in full; returns what is seen then."""
        while True:
            before = self.look()
            time.sleep(_REST_SECONDS)
            if _apart(before, now := self.look()) <= unrest:
                return now

    def until_other(self, before: Strip, unrest: float) -> float:
        """Wait until it differs from `before` by more than `unrest`; returns when, in seconds of `time.monotonic`."""
        end = time.monotonic() + _PATIENCE
        while _apart(before, self.look()) <= unrest:
            assert time.monotonic() < end, "the picture did not answer"
            time.sleep(_LOOK_SECONDS)
        return time.monotonic()


class Hands:
    """Keyboard and mouse of an X server."""

    def __init__(self, display: str) -> None:
        """Connect."""
        found = ctypes.util.find_library("Xtst")
        assert found is not None, "there is no libXtst here, which xdotool needs too"
        self._screen, self._test = Screen(display), ctypes.CDLL(found)
        self._screen.x.XStringToKeysym.restype = ctypes.c_ulong

    def move(self, right: int) -> None:
        """Move the mouse."""
        self._test.XTestFakeRelativeMotionEvent(self._screen.display, right, 0, ctypes.c_ulong(0))
        self._screen.x.XFlush(self._screen.display)

    def key(self, name: str, down: bool) -> None:
        """Press or release a key."""
        symbol = ctypes.c_ulong(self._screen.x.XStringToKeysym(name.encode()))
        code = self._screen.x.XKeysymToKeycode(self._screen.display, symbol)
        self._test.XTestFakeKeyEvent(self._screen.display, code, int(down), ctypes.c_ulong(0))
        self._screen.x.XFlush(self._screen.display)


def answers(display: str, folder: Path, probes: int) -> Answers:
    """Measure in a world that is played on `display` and stands still; `folder` is where its server keeps pixels."""
    watch, hands, chance = Watch(folder), Hands(display), random.Random(0)
    found = Answers([], [])

    def probe(act: Callable[[], None]) -> float:
        before = watch.until_rest(unrest)
        time.sleep(0.1 * chance.random())  # at no fixed time between two frames
        began = time.monotonic()
        act()
        return 1000 * (watch.until_other(before, unrest) - began)

    time.sleep(_SETTLING_SECONDS)
    unrest = 1.5 * watch.unrest() + 1.0
    for number in range(probes):
        way = number % 2
        found.camera.append(probe(lambda way=way: hands.move(_COUNTS * (2 * way - 1))))
        found.keys.append(probe(lambda way=way: hands.key(_KEYS[1 - way], True)))
        hands.key(_KEYS[1 - way], False)
    return found


def _apart(before: Strip, after: Strip) -> float:
    return float(np.abs(before - after).mean())
