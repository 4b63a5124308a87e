"""Which thread goes first where both want the processor: the one that draws, since it needs little and must be even."""

import contextlib
import os
import sys
import threading

_NICER = 5  # of 19: drawing then gets three quarters of a core that both want


def draw_first() -> None:
    """Lower the priority of this thread, and of those it will start, below that of the program's others.

    Only Linux gives threads a priority of their own that way; elsewhere nothing changes.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # some sandboxes forbid it
            niceness = os.getpriority(os.PRIO_PROCESS, 0)
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness + _NICER)
