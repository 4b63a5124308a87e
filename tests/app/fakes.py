"""A world and a session that are known to the frame, and a clock that only moves when told."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from app.engine import Pixels
from app.options import Options, check
from app.options import build_parser as parser
from model.actions import Action

HEIGHT, WIDTH = 32, 48


class FakeSession:
    """Each frame is filled with its own number; remembers the actions that came."""

    def __init__(self, before_step: Callable[[int], None] = lambda index: None) -> None:
        self.index = 0
        self.steps = 2
        self.frame: Pixels = picture(0)
        self.timings: Mapping[str, float] = {}
        self.actions: list[Action] = []
        self.threads: set[int] = {threading.get_ident()}
        self._before_step = before_step

    def step(self, action: Action) -> Pixels:
        self._before_step(self.index + 1)
        self.threads.add(threading.get_ident())
        self.index += 1
        self.actions.append(action)
        self.frame = picture(self.index)
        self.timings = {"evaluate 1": 1.0, "decode": 2.0}
        return self.frame


class FakeWorld:
    """Starts fake sessions and remembers them."""

    device, runtime = "cpu", "fake"

    def __init__(self, before_step: Callable[[int], None] = lambda index: None) -> None:
        self.sessions: list[FakeSession] = []
        self.starts: list[tuple[str | None, int, int | None]] = []
        self._before_step = before_step

    def start(self, scene: str | None = None, *, seed: int = 0, steps: int | None = None) -> FakeSession:
        self.starts.append((scene, seed, steps))
        self.sessions.append(FakeSession(self._before_step))
        return self.sessions[-1]


class FakeClock:
    """Seconds that pass only by `advance`."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def picture(number: int) -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), number % 256, dtype=np.uint8)


def options_of(world: Path, *words: str) -> Options:
    return check(parser().parse_args(["--world", str(world), *words]))
