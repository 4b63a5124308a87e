"""Browse in a window: the main thread hands events on and draws; it decodes nothing and never waits for a disk.

As in the player nothing is drawn twice: the loop sleeps until an event, a decoded frame, the next frame's time or
a message's end asks for a picture.
"""

import signal
import threading
import time
from pathlib import Path
from types import FrameType

import numpy as np
import pygame

from model.actions import Action
from model.footage.clip import Dataset
from model.footage.edits import Edits, check_edits, read_edits
from model.footage.folder import open_unedited

from ..bindings import DEFAULT
from ..hands_view import caps_of, coarse, draw_hands
from ..picture import Picture, Sprite, fit
from ..refresh import Refresh
from ..window import Window, open_window
from .archive import Archive
from .background import Background, Facts
from .bar_view import BarView
from .browser import Browser
from .decoder import Decoder, Wanted
from .layout import Layout, layout_of
from .list_view import ListView
from .options import BrowseOptions
from .overlays import Overlays
from .timeline_view import TimelineView

_PICTURES_A_SECOND = 60
_SOON_SECONDS = 0.004
_LONGEST_SECONDS = 0.25  # without an event; signals are looked at and messages end so often
_REPEAT_MS = (300, 33)  # a held key: until it repeats, and between repeats
_CUT_LIGHT = 0.35
_BLANK = np.full((9, 16, 3), (5, 6, 8), np.uint8)  # as the window's ground


def run_browser(options: BrowseOptions) -> None:
    """Browse until the person leaves or a signal comes.

    Raises:
        ArvdError: footage that cannot be read, no display, no OpenGL 3.3.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    dataset, edits = open_unedited(options.root), read_edits(options.root)
    check_edits(dataset, edits)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    name = options.root.resolve().name
    with open_window(options.size, f"arvd - {name}") as window:
        pygame.key.set_repeat(*_REPEAT_MS)
        viewer = Viewer(options.root, dataset, edits, window, stop)
        try:
            viewer.run()
        finally:
            viewer.close()


class Viewer:
    """Everything the main thread owns, and the threads it looks after."""

    def __init__(self, root: Path, dataset: Dataset, edits: Edits, window: Window, stop: threading.Event) -> None:
        """Show the footage in `root` and start the threads."""
        self._dataset, self._window, self._stop = dataset, window, stop
        self._decoder, self._background = Decoder(dataset, window.wake), Background(dataset, window.wake)
        self._browser = Browser(dataset.names, dataset.frame_counts, dataset.fps, edits, Archive(root, dataset))
        self._list = ListView(root.resolve().name, self._browser, self._background)
        self._timeline, self._bar = TimelineView(self._browser), BarView(self._browser)
        self._overlays = Overlays(self._browser, dataset.size)
        self._picture = Picture(window.context)
        self._frame: object = None
        self._shown: object = None
        self._exposed = True
        self._refresh = Refresh(_PICTURES_A_SECOND)
        self._waiting = False
        self._decoder.start()
        self._background.start()

    def run(self) -> None:
        """Run the loop to its end."""
        while not self._stop.is_set() and not self._browser.left:
            now = time.perf_counter()
            for event in self._window.wait_events(self._patience(now)):
                if event.type == pygame.QUIT:
                    return
                self._exposed |= event.type in (pygame.WINDOWEXPOSED, pygame.WINDOWSIZECHANGED)
                self._browser.feed(event, layout_of(self._window.size), time.perf_counter())
            now = time.perf_counter()
            self._browser.tick(now)
            self._want(layout_of(self._window.size))
            self._waiting = not self._refresh.due(now)
            if not self._waiting:
                self._draw(layout_of(self._window.size), now)
            self._decoder.check()
            self._background.check()

    def close(self) -> None:
        """End the threads."""
        self._decoder.close()
        self._background.close()

    def _want(self, layout: Layout) -> None:
        browser = self._browser
        clip = browser.clip
        self._decoder.want(None if clip is None else Wanted(clip, browser.head.frame, browser.head.backward))
        self._background.want(clip, self._list.in_sight(layout), browser.details_shown)

    def _draw(self, layout: Layout, now: float) -> None:
        """Put everything on the screen, unless it is there already."""
        browser = self._browser
        clip = browser.clip
        lit = clip is None or browser.head.frame in browser.kept
        sprites = self._sprites(layout, now)
        state = (layout.size, lit, self._take_frame(), [(sprite.name, sprite.surface, sprite.at) for sprite in sprites])
        if state == self._shown and not self._exposed:
            return
        self._refresh.begin(now)
        self._picture.draw(layout.size, sprites, light=1.0 if lit else _CUT_LIGHT, place=layout.picture)
        self._window.show()
        self._shown, self._exposed = state, False

    def _take_frame(self) -> object:
        """Upload the decoded frame that is nearest to the wanted one; returns what is shown."""
        browser, clip = self._browser, self._browser.clip
        found = None if clip is None else self._decoder.nearest(clip, browser.head.frame)
        if found is not None:
            number, pixels = found
        else:  # until then a picture from the middle of the clip
            small = None if clip is None else self._background.small(clip)
            number, pixels = (-2, _BLANK) if small is None else (-1, small)
        frame = (clip, number)
        if frame != self._frame:
            self._picture.upload(pixels)
            self._frame = frame
        return frame

    def _sprites(self, layout: Layout, now: float) -> list[Sprite]:
        clip = self._browser.clip
        facts = None if clip is None else self._background.facts(clip)
        over = self._overlays
        sprites = [
            *self._hands(layout, facts),
            *over.notice(layout, "" if clip is None else self._decoder.fault(clip)),
            *over.details(
                layout,
                None if facts is None else facts.details,
                None if facts is None else facts.known,
                "" if clip is None else self._background.digest(clip),
            ),
            Sprite("list", self._list.surface(layout), layout.listing.topleft),
            *self._timeline.sprites(layout, facts),
            Sprite("bar", self._bar.surface(layout), layout.bar.topleft),
        ]
        return [*sprites, *over.toast(layout, now), *over.tag_panel(layout)]

    def _hands(self, layout: Layout, facts: Facts | None) -> list[Sprite]:
        """What the hands did to make the frame that is looked at."""
        if not self._browser.hands_shown or facts is None:
            return []
        action = Action.from_vector(facts.actions[self._browser.head.frame])
        surface = draw_hands(coarse(action), layout.scale, caps_of(DEFAULT))
        edge = round(16 * layout.scale)
        height, width = self._dataset.size
        left, bottom, _, _ = fit((width, height), layout.picture.size)
        at = (layout.picture.left + left + edge, layout.picture.bottom - bottom - edge - surface.get_height())
        return [Sprite("hands", surface, at)]

    def _patience(self, now: float) -> float:
        """Seconds to wait for an event."""
        if self._waiting:  # there may be something new to draw
            return self._refresh.remaining(now)
        due = self._browser.head.due(now)
        return _LONGEST_SECONDS if due is None else max(_SOON_SECONDS, min(due, _LONGEST_SECONDS))
