"""A process that captures worlds one after the other, as it is told."""

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection
from pathlib import Path

from model.errors import ArvdError
from model.footage.clip import Details
from model.footage.video import Encoding

from .client import Game, GameError, Luanti
from .episode import capture_clip
from .installed import Installed
from .plan import CapturePlan
from .settings import GameSettings

_TRIES = 3  # games in a row that may fail at the same clip
_PR_SET_PDEATHSIG = 1


def work(
    connection: Connection, parent: int, plan: CapturePlan, folder: Path, room: Path, installed: Installed
) -> None:
    """Answer each list of clips of one world with each one's number and details, then None; errors as words.

    The games live in `room`. The process ends with its parent, whatever ends that, and with it all it started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return

    def open_game(world_seed: int) -> Luanti:
        settings = GameSettings(size=plan.size, fps=plan.fps, world_seed=world_seed, port=free_port())
        return Luanti(installed, settings, room)

    try:
        while clips := connection.recv():
            capture_world(plan, clips, folder, open_game, lambda clip, details: connection.send((clip, details)))
            connection.send(None)
    except (ArvdError, GameError, OSError) as error:
        connection.send(str(error))
    except EOFError:
        pass


def capture_world(
    plan: CapturePlan,
    clips: Sequence[int],
    folder: Path,
    open_game: Callable[[int], AbstractContextManager[Game]],
    finished: Callable[[int, Details], None],
) -> None:
    """Capture `clips` of one world; a game that fails is started again.

    Raises:
        GameError: when it fails again and again.
    """
    waiting, failed = list(clips), 0
    while waiting:
        try:
            with open_game(plan.world_seed(waiting[0])) as game:
                while waiting:
                    details = capture_clip(game, plan, waiting[0], folder, Encoding())
                    finished(waiting.pop(0), details)
                    failed = 0
        except GameError:
            failed += 1
            if failed == _TRIES:
                raise


def free_port() -> int:
    """A UDP port that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
