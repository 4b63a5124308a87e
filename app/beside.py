"""Work done beside the play, by another arvd of the lowest priority: what takes long leaves the window alone."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence

_LOWEST = 19  # of all priorities
_LOOK_SECONDS = 0.25
_ENDING_SECONDS = 5.0  # for folders to be cleared up, once told to end


class StoppedError(Exception):
    """The work was ended before it was done."""


def run_beside(words: Sequence[str], over: threading.Event) -> str:
    """Run `arvd-play` with `words` to its end; returns what it said went wrong, empty for nothing.

    It ends with all that it started, compilers too, when `over` is set.

    Raises:
        StoppedError: when `over` was set before the work was done.
    """
    command = [sys.executable, "-W", "ignore", "-m", "app.play", *words]
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
            )
        except OSError as error:
            return f"no other process can be started ({error.strerror or error})"
        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _LOWEST)
        try:
            while process.poll() is None:
                if over.wait(_LOOK_SECONDS):
                    raise StoppedError
        finally:
            _end(process)
        said.seek(0)
        words_of_it = said.read().decode("utf-8", "replace").split("error: ")[-1]
    return " ".join(words_of_it.split()) or f"ended with {process.returncode}" if process.returncode else ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its children: first as a person does, so that it clears up, then for good."""
    if sys.platform == "win32":  # it has no groups to signal
        process.kill()
        process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)  # its own session: the group is called after it
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_ENDING_SECONDS)
