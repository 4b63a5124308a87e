"""The pages that are open, one over another, and what is selected on them. Draws nothing.

Every page is built anew from what is so whenever something was chosen, so that none can show what no longer holds.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pygame

from .asking import LISTENING_SECONDS, Asking, Listening, Typing
from .gestures import GESTURES, REPEATED, Gesture
from .layout import Layout, control_of, is_slider, layout_of, neighbour, share_at
from .page import Build, Card, Choice, Do, Entry, Page, Slider, selectable

_FIRST_REPEAT, _NEXT_REPEAT = 0.38, 0.075  # seconds
_SCROLL = 70  # pixels of a 1280x720 window for each notch of the wheel


@dataclass
class _Level:
    build: Build
    page: Page
    selected: int
    top: int = 0


class Menu:
    """A stack of pages; the top one is seen."""

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float] = time.perf_counter) -> None:
        """Start closed; `say` hears why something cannot be chosen."""
        self.asking: Asking | None = None
        self.by_pad = False
        """Whether a pad was used last, as whoever feeds the menu knows."""
        self._say, self._clock = say, clock
        self._levels: list[_Level] = []
        self._window, self._text_scale = (1280, 720), 1.0
        self._layout: tuple[object, Layout] | None = None
        self._repeat: tuple[str, float] | None = None
        self._dragged: int | None = None
        self._pointer: tuple[int, int] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a page to be seen."""
        return bool(self._levels)

    @property
    def depth(self) -> int:
        """How many pages are open."""
        return len(self._levels)

    @property
    def page(self) -> Page:
        """What is seen."""
        return self._levels[-1].page

    @property
    def selected(self) -> int:
        """Which item is selected."""
        return self._levels[-1].selected

    @property
    def top(self) -> int:
        """How many pixels are scrolled away."""
        return self._levels[-1].top

    @property
    def layout(self) -> Layout:
        """Where everything stands."""
        key = (self.page, self._window, self._text_scale)
        if self._layout is None or self._layout[0] != key:
            self._layout = key, layout_of(self.page, self._window, self._text_scale)
        return self._layout[1]

    @property
    def can_go_back(self) -> bool:
        """Whether there is a way back from this page."""
        return self.depth > 1 or (self.is_open and self.page.leave is not None)

    @property
    def due(self) -> float | None:
        """When `tick` has something to do, in seconds of the clock."""
        if isinstance(self.asking, Listening):
            return self.asking.until
        return self._repeat[1] if self._repeat is not None else None

    def fit(self, window: tuple[int, int], text_scale: float) -> None:
        """Lay pages out for a window of that size."""
        if (window, text_scale) != (self._window, self._text_scale):
            self._window, self._text_scale = window, text_scale
            if self.is_open:
                self._levels[-1].top = self.layout.showing(self.selected, self.top)

    def open(self, build: Build) -> None:
        """Show a first page."""
        self.close()
        self.push(build)

    def push(self, build: Build) -> None:
        """Show a page over the others."""
        page = build()
        marked = (number for number, item in enumerate(page.items) if isinstance(item, Card) and item.mark)
        first = (number for number, item in enumerate(page.items) if selectable(item))
        selected = next(marked, next(first, 0))
        self._levels.append(_Level(build, page, selected))
        self._levels[-1].top = self.layout.showing(selected, 0) if page.items else 0
        self.let_go()

    def back(self) -> None:
        """Leave the page that is seen."""
        if self.depth > 1:
            self._levels.pop()
            self.refresh()
        elif self.is_open and self.page.leave is not None:
            self.page.leave()

    def close(self) -> None:
        """Show no page."""
        self._levels.clear()
        self.asking = self._repeat = self._dragged = None

    def let_go(self) -> None:
        """Go on with nothing that is held or dragged: that it was let go of may never be said."""
        self._repeat = self._dragged = None

    def refresh(self) -> None:
        """Build the page that is seen anew."""
        if self._levels:
            level = self._levels[-1]
            before, level.page = level.page, level.build()
            level.selected = _same(before, level.page, level.selected)
            level.top = min(level.top, self.layout.furthest)

    def ask(self, title: str, note: str, done: Callable[[str], None], allowed: str = "") -> None:
        """Ask for a line of text."""
        self.asking = Typing(title, note, done, allowed)

    def listen(self, title: str, note: str, done: Callable[[str], None]) -> None:
        """Ask for a key, button or pad button."""
        self.asking = Listening(title, note, done, self._clock() + LISTENING_SECONDS)

    def feed(self, event: pygame.event.Event, names: Sequence[tuple[str, bool]]) -> None:
        """Take an event, and the names of the inputs that it presses (True) or releases."""
        if self.asking is not None:
            self._answer(event, names)
            return
        for name, down in names:
            if self.is_open:
                self._take(name, down, event)
        if event.type == pygame.MOUSEMOTION and self.is_open:
            self._point(event.pos)
        elif event.type == pygame.KEYMAPCHANGED:
            self.refresh()  # other letters are written on the keys

    def tick(self) -> None:
        """Let time pass: held inputs go on, questions end."""
        now = self._clock()
        if self.asking is not None:
            self._repeat = None
            if self.asking.over(now):
                self.asking = None
        elif self._repeat is not None and now >= self._repeat[1] and self.is_open:
            self._repeat = (self._repeat[0], now + _NEXT_REPEAT)
            self._do(GESTURES[self._repeat[0]])

    def _answer(self, event: pygame.event.Event, names: Sequence[tuple[str, bool]]) -> None:
        asking, self.asking = self.asking, None  # an answer may ask the next
        assert asking is not None
        try:
            if not asking.feed(event, names, self._clock()):
                self.asking = asking
        finally:
            self.refresh()

    def _take(self, name: str, down: bool, event: pygame.event.Event) -> None:
        if name == "mouse left":
            self._dragged = None
            if down:
                self._click(event.pos)
            return
        if self._repeat is not None and self._repeat[0] == name and not down:
            self._repeat = None
        gesture = GESTURES.get(name)
        if gesture is None or not down:
            return
        self._repeat = (name, self._clock() + _FIRST_REPEAT) if gesture in REPEATED else None
        self._do(gesture)

    def _do(self, gesture: Gesture) -> None:
        if gesture is Gesture.BACK:
            self.back()
        elif gesture in (Gesture.SCROLL_UP, Gesture.SCROLL_DOWN):
            self._scroll(1 if gesture is Gesture.SCROLL_DOWN else -1)
        elif gesture in (Gesture.CHOOSE, Gesture.CLEAR, Gesture.RESET, Gesture.ADD):
            self._use(gesture)
        elif not (gesture in (Gesture.LEFT, Gesture.RIGHT) and self._turn(1 if gesture is Gesture.RIGHT else -1)):
            self._move(gesture)

    def _move(self, gesture: Gesture) -> None:
        level, layout = self._levels[-1], self.layout
        able = [number for number, item in enumerate(level.page.items) if selectable(item)]
        if not able:
            return
        if gesture in (Gesture.FIRST, Gesture.LAST):
            level.selected = able[0 if gesture is Gesture.FIRST else -1]
        elif gesture in (Gesture.PAGE_UP, Gesture.PAGE_DOWN):
            sign = 1 if gesture is Gesture.PAGE_DOWN else -1
            wanted = layout.items[level.selected].centery + sign * layout.body.height
            level.selected = min(able, key=lambda number: abs(layout.items[number].centery - wanted))
        else:
            level.selected = neighbour(level.page, layout.items, level.selected, gesture)
        level.top = layout.showing(level.selected, level.top)

    def _scroll(self, by: int) -> None:
        level, layout = self._levels[-1], self.layout
        level.top = max(0, min(layout.furthest, level.top + by * round(_SCROLL * layout.scale)))

    def _point(self, place: tuple[int, int]) -> None:
        """Select what the mouse is over, or drag what it holds."""
        level, before, self._pointer = self._levels[-1], self._pointer, place
        if self._dragged is not None:
            self._slide(self._dragged, place[0])
        if self._dragged is not None or before in (None, place):
            return  # where a mouse rests when the window comes to it nobody pointed
        index = self.layout.at(place, level.top)
        if index is not None and selectable(level.page.items[index]):
            level.selected = index

    def _click(self, place: tuple[int, int]) -> None:
        level, layout = self._levels[-1], self.layout
        if self.can_go_back and layout.back.collidepoint(place):
            self.back()
            return
        index = layout.at(place, level.top)
        if index is None or not selectable(level.page.items[index]):
            return
        level.selected = index
        item, here = level.page.items[index], layout.place(index, level.top)
        control = control_of(here)
        if is_slider(item) and control.collidepoint(place):
            self._dragged = index
            self._slide(index, place[0])
        elif isinstance(item, Entry) and isinstance(item.control, Choice) and control.collidepoint(place):
            self._turn(-1 if place[0] < control.centerx else 1)
        else:
            self._use(Gesture.CHOOSE)

    def _slide(self, index: int, x: int) -> None:
        item = self.page.items[index] if index < len(self.page.items) else None
        if isinstance(item, Entry) and isinstance(item.control, Slider):
            share, slide = share_at(self.layout.place(index, self.top), x), item.control.slide
            self._carry_out(lambda: slide(share))

    def _turn(self, by: int) -> bool:
        item = self.page.items[self.selected] if self.page.items else None
        if not isinstance(item, Entry) or item.turn is None:
            return False
        turn = item.turn
        self._carry_out(lambda: turn(by))
        return True

    def _use(self, gesture: Gesture) -> None:
        item = self.page.items[self.selected] if self.page.items else None
        if isinstance(item, Card):
            if gesture is Gesture.CHOOSE:
                self._carry_out(item.do if not item.fault else lambda: self._say(f"{item.label}: {item.fault}"))
        elif isinstance(item, Entry):
            do = {
                Gesture.CHOOSE: item.do,
                Gesture.CLEAR: item.clear,
                Gesture.RESET: item.reset,
                Gesture.ADD: item.add,
            }[gesture]
            if do is not None:
                self._carry_out(do)
            elif gesture is Gesture.CHOOSE:
                self._turn(1)

    def _carry_out(self, do: Do) -> None:
        """Do something; the page then shows what is so now."""
        depth = self.depth
        try:
            do()
        finally:
            if self.depth == depth:
                self.refresh()


def _same(before: Page, now: Page, selected: int) -> int:
    """Index of what was selected before, on the page as it is now."""
    labels = [item.label if isinstance(item, Card | Entry) else None for item in now.items]
    old = before.items[selected] if before.items else None
    if isinstance(old, Card | Entry) and old.label in labels and labels[min(selected, len(labels) - 1)] != old.label:
        return labels.index(old.label)
    return max(0, min(selected, len(labels) - 1))
