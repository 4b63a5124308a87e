"""When the display is gone for good: the X server was killed, the connection to it was lost.

Xlib then ends the process from within whatever call met it, with nothing closed. Here what has to be kept is closed
first: a last errand, which must not touch the window. Elsewhere than on X11 nobody is told, and nothing is done.
"""

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pygame

_LIBRARY = "libX11.so.6"  # as SDL opens it
_FAILED = 1
_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


@contextmanager
def rescued(errand: Callable[[], object]) -> Iterator[None]:
    """Carry out `errand` and end the process if the display is lost meanwhile; where they are nested the inner counts.

    It may be carried out by any thread that touches the display, and must come back.
    """
    library = _xlib()
    if library is None:
        yield
        return

    def lost(display: int | None) -> int:
        del display
        pygame.event.set_blocked(None)  # the window is woken no more: that would wait for Xlib, which waits for us
        with contextlib.suppress(Exception):  # whatever goes wrong, the process ends
            errand()
        print("error: the display is gone; what was recorded is kept", file=sys.stderr, flush=True)
        os._exit(_FAILED)  # Xlib would call exit, which waits for threads that wait for the display

    handler = _Handler(lost)
    before = library.XSetIOErrorHandler(handler)
    try:
        yield
    finally:
        library.XSetIOErrorHandler(ctypes.c_void_p(before))


def _xlib() -> ctypes.CDLL | None:
    """Return the Xlib that shows the window, None where another system does."""
    if not pygame.display.get_init() or pygame.display.get_driver() != "x11":
        return None
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    library.XSetIOErrorHandler.restype = ctypes.c_void_p
    return library
