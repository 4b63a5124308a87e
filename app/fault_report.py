"""What is to be told when no more frames can be made: a sentence for the person, a file for whoever mends it."""

import platform
import sys
import traceback
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

import tomli_w
from platformdirs import user_log_path

from model.config import plain
from model.errors import ArvdError
from model.files import write_atomically

from .keepsakes import Place
from .settings import Settings

_PACKAGES = ("arvd", "torch", "numpy", "pygame", "pygame-ce", "moderngl", "safetensors", "av")


def reports_folder() -> Path:
    """Where reports go on this platform."""
    return user_log_path("arvd", appauthor=False)


@dataclass
class FaultReport:
    """An error that ended the generator."""

    error: BaseException
    place: Place
    """Where the walk was."""
    settings: Settings
    renderer: str
    recorded: str = ""
    """Name of the replay that was being recorded; empty where there was none."""
    saved: Path | None = None
    """The file, once there is one."""

    @property
    def sentence(self) -> str:
        """Why the world stopped."""
        words = " ".join(str(self.error).split())
        if isinstance(self.error, ArvdError):
            return words
        return f"{type(self.error).__name__}: {words}" if words else type(self.error).__name__

    def text(self) -> str:
        """Return all that helps to find out why."""
        trace = "".join(traceback.format_exception(self.error))
        versions = "\n".join(f"{name} {version}" for name, version in _versions())
        place = "\n".join(f"{name}: {value}" for name, value in vars(self.place).items())
        settings = tomli_w.dumps(plain(self.settings))
        return (
            f"arvd stopped: {self.sentence}\n\n{place}\n\n{trace}\n"
            f"{platform.platform()}, Python {sys.version.split()[0]}\nOpenGL: {self.renderer}\n{versions}\n\n{settings}"
        )

    def save(self, now: datetime) -> Path:
        """Write the report and return its file; RunError where the disk cannot take it."""
        path = reports_folder() / f"fault-{now:%Y%m%d-%H%M%S}.txt"
        write_atomically(path, self.text().encode("utf-8", "replace"))
        self.saved = path
        return path


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in _PACKAGES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return found
