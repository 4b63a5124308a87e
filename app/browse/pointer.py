"""What the mouse does in the browser: choose, scrub, drag the marks, scroll."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

import pygame

from model.footage.edits import Edit

from .layout import Do, Layout

if TYPE_CHECKING:
    from .browser import Browser

_SCROLLED = 1.5  # cards per notch of the wheel


class _Hold(Enum):
    """What the mouse holds while its button is down."""

    NOTHING = auto()
    PLAYHEAD = auto()
    FIRST = auto()
    LAST = auto()


class Pointer:
    """Where the mouse is and what it holds."""

    def __init__(self) -> None:
        """Point at nothing."""
        self.place = (-1, -1)
        self.dragged: Edit | None = None
        """What a mark that is being dragged makes of the clip."""
        self._hold = _Hold.NOTHING

    def feed(self, browser: Browser, event: pygame.event.Event, layout: Layout, now: float) -> None:
        """Take an event of the mouse."""
        if event.type == pygame.MOUSEMOTION:
            self.place = event.pos
            self._drag(browser, layout)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            self.place = event.pos
            self._click(browser, layout, now)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT:
            marked = self.dragged
            self.let_go()
            if marked is not None:
                browser.change(marked)
        elif event.type == pygame.MOUSEWHEEL:
            self._turn_wheel(browser, event.y, layout, now)
        elif event.type == pygame.WINDOWLEAVE:
            self.place = (-1, -1)

    def let_go(self) -> None:
        """Hold nothing."""
        self.dragged, self._hold = None, _Hold.NOTHING

    def _click(self, browser: Browser, layout: Layout, now: float) -> None:
        button = next((do for do, place in layout.buttons if place.collidepoint(self.place)), None)
        if browser.typing is not None:
            self._click_tags(browser, layout, now)
            return
        if browser.filtering is not None and not layout.search.collidepoint(self.place):
            browser.filtering = None
        if button is Do.STEP:
            place = dict(layout.buttons)[button]
            browser.do(button, now, -1 if self.place[0] < place.centerx else 1)
        elif button is not None:
            browser.do(button, now)
        else:
            browser.take_back()
            self._click_beside(browser, layout, now)

    def _click_beside(self, browser: Browser, layout: Layout, now: float) -> None:
        """Click on anything but a button."""
        row = layout.card_at(self.place, browser.clips.top)
        if layout.search.collidepoint(self.place):
            browser.do(Do.FILTER, now)
        elif row is not None and row < len(browser.clips.shown):
            browser.choose(browser.clips.shown[row])
        elif layout.picture.collidepoint(self.place):
            browser.do(Do.PLAY, now)
        elif browser.clip is not None and layout.timeline.inflate(round(12 * layout.scale), 0).collidepoint(self.place):
            self._hold = self._grip(browser, layout)
            self._drag(browser, layout)

    def _click_tags(self, browser: Browser, layout: Layout, now: float) -> None:
        """Click while a tag is typed: on one of those at hand, or beside them."""
        rows = layout.tag_rows(len(browser.tags.recent))
        chosen = next((number for number, row in enumerate(rows) if row.collidepoint(self.place)), None)
        if chosen is not None:
            browser.toggle_tag(browser.tags.recent[chosen], now)
        elif not layout.tag_panel(len(rows)).collidepoint(self.place):
            browser.typing = None

    def _grip(self, browser: Browser, layout: Layout) -> _Hold:
        if not layout.scrub.inflate(round(12 * layout.scale), 0).collidepoint(self.place):
            return _Hold.PLAYHEAD
        edit, kept, count = browser.edit, browser.kept, browser.head.count
        if edit.first is not None and layout.grips(self.place[0], layout.x_of(kept.start, count)):
            return _Hold.FIRST
        if edit.last is not None and layout.grips(self.place[0], layout.x_of(kept.stop, count)):
            return _Hold.LAST
        return _Hold.PLAYHEAD

    def _drag(self, browser: Browser, layout: Layout) -> None:
        if self._hold is _Hold.NOTHING or browser.clip is None:
            return
        frame = layout.frame_at(self.place[0], browser.head.count)
        edit = browser.edit
        if self._hold is _Hold.FIRST:
            frame = min(frame, browser.head.count - 1 if edit.last is None else edit.last)
            self.dragged = replace(edit, first=frame or None)
        elif self._hold is _Hold.LAST:
            frame = max(frame, edit.first or 0)
            self.dragged = replace(edit, last=frame if frame < browser.head.count - 1 else None)
        browser.head.seek(frame)

    def _turn_wheel(self, browser: Browser, notches: int, layout: Layout, now: float) -> None:
        if layout.listing.collidepoint(self.place):
            browser.clips.scroll(-_SCROLLED * notches, layout.rows)
        else:
            browser.do(Do.STEP, now, -notches)
