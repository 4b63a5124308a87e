"""When the hands did what waits in the queue of events: pygame does not tell, SDL beneath it does.

SDL stamps an event as it takes it from the system, which the main thread alone may have it do. The window does so
between drawing a picture and putting it on the screen too: what came during the drawing arrived then, and not when
somebody asked for events. What comes while a picture waits for the screen (vsync) is stamped after it; that wait, and
those outside of the program, `python -m tests.benchmarks.playing latency` measures from outside.
"""

import ctypes
import time

import pygame

from .sdl import sdl

_HANDS = pygame.KEYDOWN, pygame.CONTROLLERDEVICEREMOVED  # all of keyboard, mouse and pads lies between
_PEEK = 1


class _Event(ctypes.Structure):
    """The head of SDL_Event, and room for the rest."""

    _fields_ = (("type", ctypes.c_uint32), ("milliseconds", ctypes.c_uint32), ("rest", ctypes.c_uint8 * 120))


class Arrivals:
    """Asks SDL; used by the main thread alone."""

    def __init__(self) -> None:
        """Find what answers."""
        self._sdl = sdl()
        try:
            if self._sdl is not None:
                self._sdl.SDL_PeepEvents.argtypes = (ctypes.c_void_p, *4 * (ctypes.c_int,))
                self._sdl.SDL_GetTicks.restype = ctypes.c_uint32
        except AttributeError:
            self._sdl = None

    def oldest(self) -> float | None:
        """Return when the oldest input in the queue arrived, in seconds of `time.perf_counter`, to a millisecond.

        None where no input is in the queue, or nothing is known of it.
        """
        event = _Event()
        if self._sdl is None or self._sdl.SDL_PeepEvents(ctypes.byref(event), 1, _PEEK, *_HANDS) < 1:
            return None
        waited: int = (self._sdl.SDL_GetTicks() - event.milliseconds) & 0xFFFFFFFF  # both begin anew after 49 days
        return time.perf_counter() - waited / 1000
