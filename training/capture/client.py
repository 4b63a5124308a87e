"""The game in lock-step: one action in, exactly one frame out."""

import mmap
import os
import shutil
import socket
import struct
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model.actions import IDLE, KEYS, Action

from .display import Display
from .installed import Installed
from .settings import DEGREES_PER_COUNT, GAME, GameSettings

Frame = npt.NDArray[np.uint8]
"""(h, w, 3), RGB, 0..255."""

_ACTION, _REPLY = struct.Struct("<IiiI"), struct.Struct("<II")  # as in lockstep.c
_BOOT_SECONDS = 120  # a busy machine may need 30
_ANSWER_SECONDS = 60
_WAIT = 0.03  # seconds between frames that nobody looks at
_BOOT_STEP = 0.05  # seconds; loading draws hundreds of frames and waits for the clock between some of them
_PROBE_DEGREES = 90


class GameError(Exception):
    """The game ended, hangs or does not do as it is told; a fresh one may."""


@dataclass(frozen=True)
class Surroundings:
    """What the game's server knows about the place of the player; a frame or two old."""

    x: float
    y: float
    """Up."""
    z: float
    yaw: float
    """Radians, counter-clockwise."""
    step_ahead: bool
    """Something stands before the feet."""
    wall_ahead: bool
    """Something stands before the eyes."""
    wall_near: bool
    """Something that cannot be climbed stands two nodes ahead."""
    liquid_ahead: bool
    in_liquid: bool
    under_liquid: bool
    drop_ahead: int
    """Nodes by which the ground falls away; 8 is 8 or more."""

    @staticmethod
    def parse(text: str) -> "Surroundings":
        """Read a line as the mod writes it; raises ValueError."""
        x, y, z, yaw, *rest = text.split()
        step, wall, near, liquid, feet, head, drop = (int(word) for word in rest)
        flags = (step == 1, wall == 1, near == 1, liquid == 1, feet == 1, head == 1)
        return Surroundings(float(x), float(y), float(z), float(yaw), *flags, drop)


class Game(Protocol):
    """A game that goes forward one frame for every action."""

    version: str
    """The engine's."""
    world_seed: int
    """Of the world it plays in."""

    def step(self, action: Action) -> Frame:
        """Do `action` for one frame and return that frame."""

    def surroundings(self) -> Surroundings:
        """Where the player is."""

    def command(self, *words: str | float) -> list[str]:
        """Have the mod do something; returns its answer."""

    def wait(self, seconds: float) -> Frame:
        """Let the game run on by itself and return its newest frame."""


def exact(degrees: float) -> float:
    """Return the turn nearest to `degrees` that the game can make."""
    return round(degrees / DEGREES_PER_COUNT) * DEGREES_PER_COUNT


class Luanti(Game):
    """A running Luanti (Minetest) client on a display of its own; a context manager that ends all it started."""

    def __init__(self, installed: Installed, settings: GameSettings, folder: Path) -> None:
        """Start in `folder`, which is emptied before and removed after; raises GameError when nothing comes up."""
        self.version, self.world_seed = installed.version, settings.world_seed
        self._settings, self._folder = settings, folder
        self._commands = 0
        self._known = ""
        with ExitStack() as stack:
            shutil.rmtree(folder, ignore_errors=True)
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            settings.write(folder)
            height, width = settings.size
            shown = (height * settings.shrink, width * settings.shrink)
            display = stack.enter_context(Display(installed, shown))
            frames = os.memfd_create("frames")
            stack.callback(os.close, frames)
            os.truncate(frames, height * width * 3)
            self._memory = stack.enter_context(mmap.mmap(frames, 0))
            self._socket, theirs = socket.socketpair()
            stack.enter_context(self._socket)
            self._socket.settimeout(_BOOT_SECONDS)
            with theirs:
                self._process = self._start(installed, display, theirs.fileno(), frames)
            stack.callback(self._end)
            self._receive()
            self._boot()
            self._stack = stack.pop_all()

    def _start(self, installed: Installed, display: Display, control: int, frames: int) -> subprocess.Popen[bytes]:
        folder = self._folder.absolute()
        environment = os.environ | {
            "DISPLAY": display.name,
            "HOME": str(folder),
            "MINETEST_USER_PATH": str(folder),
            "LC_ALL": "C.UTF-8",
            "XMODIFIERS": "",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LP_NUM_THREADS": "0",  # pictures this small are drawn fastest by the thread that asks for them
            "LD_PRELOAD": str(installed.lockstep),
            "ARVD_LOCKSTEP_SOCKET": str(control),
            "ARVD_LOCKSTEP_FRAMES": str(frames),
            "ARVD_LOCKSTEP_SHRINK": str(self._settings.shrink),
        }
        words = ["--go", "--gameid", GAME, "--name", "player", "--port", str(self._settings.port)]
        paths = ["--world", folder / "world", "--config", folder / "minetest.conf", "--logfile", folder / "log.txt"]
        command = installed.bound([str(installed.game), *words, *map(str, paths)], "KILL")
        with (folder / "said.txt").open("wb") as said:
            return subprocess.Popen(
                command,
                env=environment,
                pass_fds=[control, frames],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def step(self, action: Action) -> Frame:
        """Do `action` for one frame and return that frame; raises GameError when the game is gone."""
        self._advance(action, 1 / self._settings.fps)
        return self._frame()

    def wait(self, seconds: float) -> Frame:
        """Let the game run on for `seconds`, with few frames drawn, and return its newest frame."""
        before = time.monotonic()
        end = before + seconds
        while before < end:
            time.sleep(min(_WAIT, end - before))
            now = time.monotonic()
            self._advance(IDLE, now - before)
            before = now
        return self._frame()

    def surroundings(self) -> Surroundings:
        """Where the player is, as the server last knew; raises GameError before it ever did."""
        try:
            self._known = (self._folder / "world" / "surroundings").read_text()
            return Surroundings.parse(self._known)
        except (OSError, ValueError):
            raise GameError("the game's server does not tell where the player is") from None

    def command(self, *words: str | float) -> list[str]:
        """Have the mod do something; returns its answer, raises GameError when none comes."""
        self._commands += 1
        world = self._folder / "world"
        text = " ".join(str(word) for word in (self._commands, *words))
        (world / "command.new").write_text(text)
        (world / "command.new").replace(world / "command")
        end = time.monotonic() + _ANSWER_SECONDS
        while time.monotonic() < end:
            self.wait(_WAIT)
            answer = world / "answer"
            if answer.is_file():
                number, *answered = answer.read_text().split()
                if number == str(self._commands):
                    return answered
        raise GameError(f"the game's server did not answer to {words[0]!r}")

    def close(self) -> None:
        """End the game and its display."""
        self._stack.close()

    def __enter__(self) -> "Luanti":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the game and its display."""
        self.close()

    def _boot(self) -> None:
        """Wait for the player to stand in the world, then see that the game takes our hands for a person's."""
        end = time.monotonic() + _BOOT_SECONDS
        while not (self._folder / "world" / "surroundings").is_file():
            if time.monotonic() > end:
                raise GameError("the game came up but nobody joined it")
            self._advance(IDLE, _BOOT_STEP)
        self.wait(1)
        before = self.surroundings().yaw
        self._advance(Action(yaw=_PROBE_DEGREES), _WAIT)
        for _ in range(50):
            self.wait(2 * _WAIT)
            turned = np.degrees(before - self.surroundings().yaw) % 360
            if abs(turned - _PROBE_DEGREES) < 1:
                return
        raise GameError(
            f"the game {self.version} turned by {turned:.1f} degrees when told {_PROBE_DEGREES}; "
            "capture needs a build that reads X11 input itself, such as 5.6"
        )

    def _advance(self, action: Action, seconds: float) -> None:
        keys = sum(1 << k for k, key in enumerate(KEYS) if getattr(action, key))
        right, down = (round(degrees / DEGREES_PER_COUNT) for degrees in (action.yaw, action.pitch))
        try:
            self._socket.sendall(_ACTION.pack(keys, right, down, round(seconds * 1e6)))
        except OSError as error:
            raise self._gone(error) from None
        self._receive()

    def _receive(self) -> None:
        try:
            reply = self._socket.recv(_REPLY.size, socket.MSG_WAITALL)
        except OSError as error:
            raise self._gone(error) from None
        if len(reply) < _REPLY.size:
            raise self._gone(EOFError("it ended"))
        width, height = _REPLY.unpack(reply)
        self._shown = (height, width)

    def _frame(self) -> Frame:
        if self._shown != self._settings.size:
            raise GameError(f"the game draws {self._shown}, not {self._settings.size}")
        return np.frombuffer(self._memory, np.uint8).reshape(*self._shown, 3).copy()

    def _gone(self, error: Exception) -> GameError:
        said = (self._folder / "said.txt").read_text(errors="replace").strip().splitlines() or ["nothing"]
        return GameError(f"the game is gone ({error}); it last said: {said[-1]}")

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
