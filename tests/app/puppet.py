"""`python -m tests.app.puppet WORDS... STRINGS`: the player in a window, in a world that hangs on strings.

A string is a file in the folder STRINGS, pulled by a test in another process: while `waking` is there the world is
not loaded, while `still` is there its next frame does not come, and `waits` says that it is waited for. With `slow` an
evaluation takes longer than the world's rate allows for two of them; with `fading` a walk that never went back fades.
The world writes into `steps` in how many evaluations it makes frames, whenever that changes.
"""

import sys
import time
from pathlib import Path

import numpy as np

from app.engine import Pixels
from app.in_window import run_window
from app.options import build_parser, check
from model.actions import Action

from .fakes import HEIGHT, WIDTH, FakeSession, FakeSnapshot, FakeWorld

_LOOK_SECONDS, _SLOW_SECONDS = 0.02, 0.035
_PIXELS_PER_DEGREE = 0.5 * HEIGHT / np.tan(np.radians(36)) * np.pi / 180  # in the middle of a picture of 72 degrees
_CLEAR_FRAMES, _DULL = 20, 0.04
_GREY = 120
_NOISE = np.random.default_rng(0).integers(60, 181, (HEIGHT, WIDTH, 3))  # nothing in it looks like words


class PuppetSession(FakeSession):
    """Shows what lies where the camera looks, and moves by nothing else."""

    def __init__(self, strings: Path) -> None:
        super().__init__()
        self._strings, self._went_back, self._yaw = strings, False, 0.0
        self._noted_steps = 0
        self.frame = self._view()

    def step(self, action: Action) -> Pixels:
        wait_while(self._strings / "still", self._strings / "waits")
        if self.steps != self._noted_steps:
            self._noted_steps = self.steps
            with (self._strings / "steps").open("a") as file:
                file.write(f"{self.steps} ")
        if (self._strings / "slow").exists():
            time.sleep(self.steps * _SLOW_SECONDS)
        super().step(action)
        self._yaw += action.yaw
        self.frame = self._view()
        return self.frame

    def restore(self, snapshot: FakeSnapshot, *, exact: bool = True) -> bool:
        self._went_back = True
        return super().restore(snapshot, exact=exact)

    def _view(self) -> Pixels:
        fades = (self._strings / "fading").exists() and not self._went_back and self.index > _CLEAR_FRAMES
        seen = np.roll(_NOISE, -round(self._yaw * _PIXELS_PER_DEGREE), axis=1)
        return (_GREY + (_DULL if fades else 1.0) * (seen - _GREY)).astype(np.uint8)


class PuppetWorld(FakeWorld):
    """A world of such sessions."""

    def __init__(self, strings: Path) -> None:
        super().__init__()
        wait_while(strings / "waking", strings / "waits")
        self._strings = strings

    def _new_session(self) -> FakeSession:
        return PuppetSession(self._strings)


def wait_while(string: Path, waits: Path) -> None:
    while string.exists():
        waits.touch()
        time.sleep(_LOOK_SECONDS)
    waits.unlink(missing_ok=True)


if __name__ == "__main__":
    run_window(check(build_parser().parse_args(sys.argv[1:-1])), lambda options: PuppetWorld(Path(sys.argv[-1])))
