"""A game that is a textured wall which turns and comes nearer, exactly as it is told."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from model.actions import Action
from model.footage.clip import Details
from training.capture.client import Frame, Game, GameError, Surroundings
from training.capture.installed import Installed
from training.capture.plan import CapturePlan
from training.capture.worker import capture_world

OPEN = Surroundings(0, 0, 0, 0, False, False, False, False, False, False, 0)
"""Nothing in the way."""


class FakeGame(Game):
    """Shifts its picture by one pixel per degree of yaw; dies after `frames` frames of play if asked to."""

    def __init__(self, size: tuple[int, int], world_seed: int = 1, frames: int | None = None) -> None:
        self.version, self.world_seed = "0.0.0", world_seed
        height, width = size
        wall = np.random.default_rng(world_seed).uniform(0, 255, (height // 4, 1024, 3))
        self._wall, self._width = wall.repeat(4, 0).repeat(4, 1).astype(np.uint8), width
        self._frames_left = frames
        self.done: list[Action] = []
        self.asked: list[tuple[str | float, ...]] = []
        self._yaw, self._walked = 0.0, 0

    def step(self, action: Action) -> Frame:
        if self._frames_left is not None:
            self._frames_left -= 1
            if self._frames_left < 0:
                raise GameError("the game is gone")
        self.done.append(action)
        self._yaw += action.yaw
        self._walked += action.forward
        return self._seen()

    def wait(self, seconds: float) -> Frame:
        return self._seen()

    def surroundings(self) -> Surroundings:
        return replace(OPEN, x=float(self._walked))

    def command(self, *words: str | float) -> list[str]:
        self.asked.append(words)
        if words[0] == "survey":
            return ["grassland" if k % 2 else "rainforest" for k in range(len(words) // 2)]
        self._yaw, self._walked = 0.0, 0
        return ["ok", "grassland", "5"]

    def _seen(self) -> Frame:
        return self._wall[:, (np.arange(self._width) + round(self._yaw)) % self._wall.shape[1]]


class FakeGames:
    """Opens fake games; the first `failing` of each world die early."""

    def __init__(self, size: tuple[int, int], failing: int = 0, frames: int = 100) -> None:
        self._size, self._failing, self._frames = size, failing, frames
        self.opened: Counter[int] = Counter()

    @contextmanager
    def __call__(self, world_seed: int) -> Iterator[FakeGame]:
        self.opened[world_seed] += 1
        dies = self.opened[world_seed] <= self._failing
        yield FakeGame(self._size, world_seed, self._frames if dies else None)


def fake_work(
    connection: Connection, parent: int, plan: CapturePlan, folder: Path, room: Path, installed: Installed
) -> None:
    """A worker as `worker.work`, of fake games; a file `kill` in the folder kills it once, after a clip."""
    games = FakeGames(plan.size)

    def finished(clip: int, details: Details) -> None:
        connection.send((clip, details))
        with suppress(FileNotFoundError):
            (folder / "kill").unlink()
            os.kill(os.getpid(), signal.SIGKILL)

    if (folder / "fail").exists():
        connection.send("the game is gone")
        return
    with suppress(EOFError):
        while clips := connection.recv():
            capture_world(plan, clips, folder, games, finished)
            connection.send(None)


def kill_at_once(
    connection: Connection, parent: int, plan: CapturePlan, folder: Path, room: Path, installed: Installed
) -> None:
    """A worker that never lives to see its task."""
    os.kill(os.getpid(), signal.SIGKILL)
