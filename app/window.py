"""The window: pygame's display with an OpenGL 3.3 core context, its events, and the captured mouse."""

import contextlib
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import moderngl
import pygame

from model.errors import ArvdError
from model.machine import count_threads

from .arrival import Arrivals
from .screen import Screen, ScreenFinder

_HEADLESS = 'run without one: arvd-play --headless --actions "w*40, right*20" --out demo.mp4'
_DISPLAY_NAMES = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "SDL_VIDEODRIVER")
_SOFTWARE = "llvmpipe", "softpipe", "swrast", "swiftshader", "basic render", "gdi generic"
_OTHERS = 2
"""Threads that want a core beside those with which Mesa draws where there is no GPU: the main one and the generator's.
One of Mesa's too many disturbs both, and pictures come less evenly than without any."""
_LEAST_SECONDS = 0.0002  # of waiting for events, so that no loop spins
_WAKE = pygame.USEREVENT + 1
_SMALLEST = (640, 400)  # of a window whose size nobody named, if the desktop is that large


class DisplayError(ArvdError):
    """No display, or one that cannot show the picture."""


class Window:
    """An open window. Only the main thread may touch it, `wake` apart."""

    def __init__(self, context: moderngl.Context) -> None:
        """Take over the display that `open_window` made."""
        self.context = context
        self.captured = False
        self.arrived = 0.0
        """When the oldest input among the events that came last arrived, in seconds of `time.perf_counter`."""
        self._screens, self._arrivals = ScreenFinder(), Arrivals()

    def screen(self) -> Screen:
        """Return what display the window is on right now."""
        return self._screens.find()

    def wait_for_screen(self, waits: bool) -> bool:
        """Have pictures wait for the screen from now on, or not; returns whether they do as asked."""
        return self._screens.wait(waits)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, in which the mouse is counted too.

        On macOS they are points, of which a Retina display makes two pixels each way: pygame opens no window that
        draws those, and the system enlarges what is drawn here.
        """
        width, height = pygame.display.get_window_size()
        return width, height

    @property
    def renderer(self) -> str:
        """Name of what draws, as the driver gives it."""
        return str(self.context.info["GL_RENDERER"])

    @property
    def draws_on_processor(self) -> bool:
        """Whether pictures take the time of the processor, which also makes the frames."""
        return any(name in self.renderer.lower() for name in _SOFTWARE)

    def wait_events(self, seconds: float) -> list[pygame.event.Event]:
        """Return the events that arrived, waiting up to `seconds` for the first."""
        end = time.perf_counter() + seconds
        arrived = self._arrivals.oldest()
        events = pygame.event.get()
        # The library waits in whole milliseconds and up to one too long, which pictures would come unevenly by.
        if not events and (whole := int(1000 * seconds) - 1) > 0:
            first = pygame.event.wait(whole)
            events = [first, *pygame.event.get()] if first.type != pygame.NOEVENT else []
        if not events:
            time.sleep(max(_LEAST_SECONDS, end - time.perf_counter()))
            events = pygame.event.get()
        self.arrived = time.perf_counter() if arrived is None else arrived
        return [event for event in events if event.type != _WAKE]

    def wake(self) -> None:
        """End a `wait_events` of now; any thread may call this."""
        with contextlib.suppress(pygame.error):  # a full queue wakes as well, a closed window need not
            pygame.event.post(pygame.event.Event(_WAKE))

    def capture(self, captured: bool) -> None:
        """Hide the mouse and keep it inside, so that it moves without end; or set it free."""
        if captured == self.captured:
            return
        self.captured = captured
        pygame.event.set_grab(captured)
        pygame.mouse.set_visible(not captured)
        if not captured:
            width, height = self.size
            pygame.mouse.set_pos(width // 2, height // 2)
        pygame.event.clear(pygame.MOUSEMOTION)  # the jump to or from the middle is no motion of a hand

    def hide(self) -> None:
        """Take the window off the screen: what is still to be closed is nothing to look at."""
        self._screens.hide()

    def toggle_fullscreen(self) -> None:
        """Fill the screen, or go back to a window; stays as it is where the system cannot."""
        with contextlib.suppress(pygame.error):
            pygame.display.toggle_fullscreen()

    def show(self) -> None:
        """Put what was drawn on the screen; returns once it is handed over."""
        pygame.event.pump()  # what came while it was drawn arrived by now
        pygame.display.flip()


@contextmanager
def open_window(size: tuple[int, int], title: str, *, vsync: bool = True) -> Iterator[Window]:
    """Open a resizable window of `size` pixels and close it at the end; with `vsync` pictures wait for the screen.

    (0, 0) stands for the size that suits the desktop.

    Raises:
        DisplayError: no display, or one without OpenGL 3.3.
    """
    if sys.platform == "linux" and not any(os.environ.get(name) for name in _DISPLAY_NAMES):
        raise DisplayError(f"no display to open a window on (DISPLAY is not set); {_HEADLESS}")
    os.environ.setdefault("SDL_WINDOWS_DPI_AWARENESS", "permonitorv2")  # pixels of its own, not enlarged ones
    os.environ.setdefault("LP_NUM_THREADS", str(max(0, count_threads(None) - _OTHERS)))
    try:
        pygame.display.init()
    except pygame.error as error:
        raise DisplayError(f"no display to open a window on ({_reason(error)}); {_HEADLESS}") from error
    try:
        pygame.font.init()
        pygame.display.set_caption(title)
        window = Window(_open_context(size if all(size) else usual_size(pygame.display.get_desktop_sizes()[0]), vsync))
        yield window
        window.context.release()
    finally:
        pygame.font.quit()
        pygame.display.quit()


def usual_size(desktop: tuple[int, int]) -> tuple[int, int]:
    """Return the size of a window on a desktop of that many pixels: 16 to 9, as large as two thirds of it hold."""
    height = min(2 * desktop[1] // 3, 2 * desktop[0] * 9 // (3 * 16))
    wanted = max(_SMALLEST[0], round(height * 16 / 9)), max(_SMALLEST[1], height)
    return min(wanted[0], desktop[0]), min(wanted[1], desktop[1])


def _open_context(size: tuple[int, int], vsync: bool) -> moderngl.Context:
    driver = pygame.display.get_driver()
    if driver == "dummy" or (driver == "offscreen" and os.environ.get("SDL_VIDEODRIVER") != driver):
        # Where nothing else works SDL takes these of itself: a game that nobody sees.
        raise DisplayError(f"no display to open a window on (the {driver} driver shows none); {_HEADLESS}")
    for attribute, value in (
        (pygame.GL_CONTEXT_MAJOR_VERSION, 3),
        (pygame.GL_CONTEXT_MINOR_VERSION, 3),
        (pygame.GL_CONTEXT_PROFILE_MASK, pygame.GL_CONTEXT_PROFILE_CORE),
        (pygame.GL_CONTEXT_FORWARD_COMPATIBLE_FLAG, 1),
    ):
        pygame.display.gl_set_attribute(attribute, value)
    flags = pygame.OPENGL | pygame.DOUBLEBUF | pygame.RESIZABLE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pygame warns where a driver cannot wait for the screen
            pygame.display.set_mode(size, flags, vsync=int(vsync))
        return moderngl.create_context(require=330)
    except Exception as error:  # pygame and moderngl raise types of their own and plain ones
        raise DisplayError(
            f"this display offers no OpenGL 3.3 ({_reason(error)}); update the graphics driver, "
            f"set LIBGL_ALWAYS_SOFTWARE=1, or {_HEADLESS}"
        ) from error


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
