"""What a person sits at: window, hands and settings, which stay while one world makes way for another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from .hands import Hands
from .inputs import Inputs
from .leaving import heed
from .lost_display import rescued
from .pads import start_pads
from .preferences import Preferences
from .settings import Settings, load_settings, settings_path
from .window import Window, open_window


@dataclass(frozen=True, eq=False)
class Seat:
    """All of it, used by the main thread alone, `stop` and `window.wake` apart."""

    window: Window
    stop: threading.Event
    """Set when it is time to leave."""
    preferences: Preferences
    hands: Hands
    inputs: Inputs


def take_seat(window: Window, stop: threading.Event, preferences: Preferences) -> Seat:
    """Sit down at `window`; keys, pads and the window's shape follow the settings from now on."""
    settings = preferences.settings
    hands = Hands(settings.hands)
    inputs = Inputs(settings.hands, hands)
    if settings.picture.fullscreen:
        window.toggle_fullscreen()

    def follow(before: Settings, now: Settings) -> None:
        if now.hands != before.hands:
            inputs.change(now.hands)
        if now.picture.fullscreen != before.picture.fullscreen:
            window.toggle_fullscreen()
        if now.picture.vsync != before.picture.vsync:
            preferences.vsync_later = not window.wait_for_screen(now.picture.vsync)

    preferences.listeners.append(follow)
    return Seat(window, stop, preferences, hands, inputs)


@contextmanager
def open_seat(size: tuple[int, int], title: str) -> Iterator[Seat]:
    """Open a window of `size` pixels and sit down at it; signals are taken for the wish to leave from now on.

    Raises:
        DisplayError: no display, or one without OpenGL 3.3.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    heed(on_signal)
    path = settings_path()
    preferences = Preferences(load_settings(path), path)
    with open_window(size, title, vsync=preferences.settings.picture.vsync) as window:
        seat = take_seat(window, stop, preferences)
        start_pads()
        with rescued(preferences.save):
            yield seat
