"""How the process ends: with the exit code that was decided, whatever its threads are at.

CPython (before 3.14) ends a daemon thread that comes back from native code after the interpreter by unwinding its
stack. Where that stack is C++, as torch's is, the process is aborted instead ("terminate called without an active
exception"). A thread can still be there when all is written and closed: compiling a world cannot be interrupted.
"""

import os
import sys
import threading
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End the process with `code`, and at once where a daemon thread is left."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()  # as the interpreter would
    if any(thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
