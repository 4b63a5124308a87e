"""What a capture needs of the machine: the game, a display, and the lock-step library, compiled on first use."""

import ctypes.util
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from model.errors import DataError
from model.files import finished_file

from .settings import GAME

PACKAGES = ("minetest", "minetest-data", "xvfb", "libgl1-mesa-dri", "gcc", "libc6-dev", "libx11-dev", "libgl-dev")
"""Debian packages that hold all of it."""

_SOURCE = Path(__file__).with_name("lockstep.c")
_PROGRAMS = (*os.environ.get("PATH", "").split(os.pathsep), "/usr/games", "/usr/local/games", "/usr/bin")
_GAMES = ("/usr/share/games/minetest/games", "/usr/share/minetest/games", "/usr/share/luanti/games")


@dataclass(frozen=True)
class Installed:
    """Where things are on this machine."""

    game: Path
    display: Path
    setpriv: Path
    lockstep: Path
    version: str
    """The engine's, as in 5.6.1."""

    def bound(self, command: list[str], signal: str) -> list[str]:
        """`command`, sent `signal` by the system when the thread that starts it is gone, however that ends."""
        return [str(self.setpriv), "--pdeathsig", signal, *command]


def find_installed() -> Installed:
    """Find everything, compile the lock-step library if need be.

    Raises:
        DataError: naming what is missing and the packages that hold it.
    """
    found = {name: shutil.which(name, path=os.pathsep.join(_PROGRAMS)) for name in ("minetest", "Xvfb", "setpriv")}
    missing = [name for name, path in found.items() if path is None]
    if not any((Path(folder) / f"{GAME}_game").is_dir() for folder in _GAMES):
        missing.append("Minetest Game")
    if ctypes.util.find_library("GL") is None:
        missing.append("libGL")
    if missing:
        raise _lacking(", ".join(missing))
    game, display, setpriv = (Path(str(path)) for path in found.values())
    said = subprocess.run([game, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    version = re.search(r"\d+\.\d+\.\d+", said)
    return Installed(game, display, setpriv, compile_lockstep(), version[0] if version else "unknown")


def compile_lockstep() -> Path:
    """Return the library made of the source as it is now; raises DataError when it cannot be compiled."""
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()
    library = user_cache_path("arvd") / f"lockstep-{digest[:16]}.so"
    if library.is_file():
        return library
    library.parent.mkdir(parents=True, exist_ok=True)
    with finished_file(library) as unfinished:
        command = ["gcc", "-O3", "-shared", "-fPIC", "-o", str(unfinished), str(_SOURCE), "-lX11", "-lGL", "-ldl"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except FileNotFoundError:
            raise _lacking("gcc") from None
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["gcc said nothing"]
            raise _lacking(f"what lockstep.c is compiled with ({said[0]})")
    return library


def _lacking(what: str) -> DataError:
    return DataError(f"capture lacks {what}; on Debian or Ubuntu: sudo apt-get install {' '.join(PACKAGES)}")
