"""A world and a session that are known to the frame, and a clock that only moves when told."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from app.engine import Pixels
from app.handover import WalkFacts
from app.kept_walks import KeptWalk
from app.options import Options, check
from app.options import build_parser as parser
from app.worlds import KnownWorld
from model.actions import Action
from model.machine import Machine
from model.world_spec import Scene

HEIGHT, WIDTH = 32, 48

WALK = WalkFacts(scene=None, seed=0, steps=2, auto=False, strength=1.0, faded=False, reach=0, past_bytes=0, context=1.0)
"""Of a walk of which nothing matters."""


class FakeSession:
    """Each frame is filled with its own number; remembers the actions that came."""

    def __init__(self, before_step: Callable[[int], None] = lambda index: None) -> None:
        self.index = 0
        self.steps = 2
        self.seed = 0
        self.pitch = 0.0
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

    @property
    def held(self) -> int:
        return min(self.index + 1, FakeWorld.context_frames)

    def snapshot(self) -> "FakeSnapshot":
        return FakeSnapshot(self.index, self.frame, self.steps)

    def restore(self, snapshot: "FakeSnapshot", *, exact: bool = True) -> bool:
        del exact
        self.index, self.frame, self.steps = snapshot.index, snapshot.frame, snapshot.steps
        return True

    def save(self) -> bytes:
        return save({"frame": self.frame}, {"state": json.dumps({"index": self.index})})

    def load(self, state: bytes, *, exact: bool = True) -> bool:
        del exact
        head = json.loads(state[8 : 8 + int.from_bytes(state[:8], "little")])
        self.index = int(json.loads(head["__metadata__"]["state"])["index"])
        self.frame = picture(self.index)
        return True


@dataclass(frozen=True)
class FakeSnapshot:
    index: int
    frame: Pixels
    steps: int
    nbytes: int = 1000


class FakeWorld:
    """Starts fake sessions and remembers them."""

    device, runtime, hash, kin = "cpu", "fake", "0" * 64, frozenset({"0" * 64})
    machine = Machine(device="cpu", processor="fake", threads=1, torch="none")
    default_steps, allowed_steps, context_frames = 2, (1, 2, 4), 9
    scenes = (Scene(name="one", title="One", picture=Path("one.png")),)

    def __init__(self, before_step: Callable[[int], None] = lambda index: None) -> None:
        self.sessions: list[FakeSession] = []
        self.starts: list[tuple[str | None, int, int | None]] = []
        self._before_step = before_step

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Pixels, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> FakeSession:
        del clip, pitch
        self.starts.append((scene, seed, steps))
        session = self._new_session()
        session.seed, session.steps = seed, steps or self.default_steps
        self.sessions.append(session)
        return session

    def _new_session(self) -> FakeSession:
        return FakeSession(self._before_step)


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


class FakeStart:
    """A start screen that notes what was chosen."""

    seed = 41

    def __init__(self) -> None:
        self.done: list[object] = []

    def choose(self, world: KnownWorld, scene: str) -> None:
        self.done.append((world.title, scene))

    def go_on(self, walk: KeptWalk) -> None:
        self.done.append(walk)

    def show_settings(self) -> None:
        self.done.append("settings")

    def choose_seed(self) -> None:
        self.done.append("seed")

    def leave(self) -> None:
        self.done.append("left")
