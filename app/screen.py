"""The display that a window is on: how often it shows a picture, and whether pictures wait for that.

pygame does not tell, SDL beneath it does. Only the main thread may ask.
"""

import ctypes
from dataclasses import dataclass

from .sdl import sdl

USUAL_RATE = 60.0
"""Pictures a second of a display that does not say."""


@dataclass(frozen=True)
class Screen:
    """The display that a window is on."""

    rate: float = USUAL_RATE
    """Pictures a second."""
    waits: bool = False
    """Whether putting a picture on it returns only when it is its turn (vsync)."""


class _Mode(ctypes.Structure):
    """SDL_DisplayMode."""

    _fields_ = (
        ("format", ctypes.c_uint32),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("rate", ctypes.c_int),
        ("driver", ctypes.c_void_p),
    )


class ScreenFinder:
    """Asks SDL, a microsecond at a time; on what tells nothing it is a usual display."""

    def __init__(self) -> None:
        """Find what answers."""
        self._sdl: ctypes.CDLL | None = None
        library = sdl()
        try:
            if library is not None:
                library.SDL_GL_GetCurrentWindow.restype = ctypes.c_void_p
                library.SDL_GetWindowDisplayIndex.argtypes = (ctypes.c_void_p,)
                library.SDL_GetCurrentDisplayMode.argtypes = (ctypes.c_int, ctypes.POINTER(_Mode))
                library.SDL_GL_GetSwapInterval.argtypes = ()
                library.SDL_GL_SetSwapInterval.argtypes = (ctypes.c_int,)
        except AttributeError:
            return
        self._sdl = library

    def find(self) -> Screen:
        """Return what the display is right now that most of the window is on; with a window open."""
        if self._sdl is None:
            return Screen()
        mode = _Mode()
        index = self._sdl.SDL_GetWindowDisplayIndex(self._sdl.SDL_GL_GetCurrentWindow())
        failed = index < 0 or self._sdl.SDL_GetCurrentDisplayMode(index, ctypes.byref(mode)) < 0
        rate = USUAL_RATE if failed or mode.rate <= 0 else float(mode.rate)
        return Screen(rate, self._sdl.SDL_GL_GetSwapInterval() != 0)

    def hide(self) -> None:
        """Take the window off the display."""
        if self._sdl is not None:
            self._sdl.SDL_HideWindow(ctypes.c_void_p(self._sdl.SDL_GL_GetCurrentWindow()))

    def wait(self, waits: bool) -> bool:
        """Have pictures wait for the display from now on, or not; returns whether they do as asked.

        Not every driver lets a program choose, nor every one at any time.
        """
        if self._sdl is None:
            return False
        self._sdl.SDL_GL_SetSwapInterval(int(waits))
        return bool(self._sdl.SDL_GL_GetSwapInterval() == int(waits))
