"""A display of one's own: a virtual X server on a number that nobody uses."""

import os
import subprocess
from types import TracebackType

from model.errors import DataError

from .installed import Installed

_SECONDS = 10  # to stop in


class Display:
    """A running X server; a context manager."""

    def __init__(self, installed: Installed, size: tuple[int, int]) -> None:
        """Start a server whose one screen has `size` (height, width)."""
        reading, writing = os.pipe()
        screen = f"{size[1]}x{size[0]}x24"
        words = ["-displayfd", str(writing), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"]
        self._server = subprocess.Popen(
            installed.bound([str(installed.display), *words], "TERM"),
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to answer
        )
        os.close(writing)
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            self._server.wait()
            raise DataError("the virtual display did not start; try `Xvfb -displayfd 1` to see why")
        self.name = f":{number}"

    def close(self) -> None:
        """Stop the server."""
        self._server.terminate()
        try:
            self._server.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def __enter__(self) -> "Display":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server."""
        self.close()
