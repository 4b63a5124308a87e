"""How the process ends: with the exit code that was decided, whatever its threads are at.

CPython (before 3.14) ends a daemon thread that comes back from native code after the interpreter by unwinding its
stack. Where that stack is C++, as torch's is, the process is aborted instead ("terminate called without an active
exception"). A thread can still be there when all is written and closed: compiling a world cannot be interrupted.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

_ASKING = (signal.SIGINT, signal.SIGTERM)  # SIGINT too where it is ignored: so a shell starts background jobs
_GONE = "SIGHUP"  # of the terminal; Windows has none


def heed(handler: Callable[[int, FrameType | None], object] | signal.Handlers) -> None:
    """Have every signal that asks to leave call `handler`; that of a lost terminal unless it is to be outlasted."""
    for number in _ASKING:
        signal.signal(number, handler)
    gone = getattr(signal, _GONE, None)
    if gone is not None and signal.getsignal(gone) is not signal.SIG_IGN:  # as nohup has it
        signal.signal(gone, handler)


def leave(code: int) -> NoReturn:
    """End the process with `code`: as the interpreter does, or at once where a daemon thread is left."""
    if any(thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
