"""The menu (Esc): what can be chosen, where it stands, and what a key or click chooses. Draws nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import pygame

from . import theme

_WIDTH, _ENTRY, _GAP, _PAD, _HEAD = 380, 52, 8, 28, 92
_CARD = 220  # width of a scene's card where there is room
_SMALLEST_CARD = 20
_CAPTION = 34

ASPECT = 0.6
"""Height of a scene's picture on its card, in widths."""


class Page(Enum):
    """What the menu shows."""

    CLOSED = auto()
    MAIN = auto()
    SCENES = auto()


class Kind(Enum):
    """What was chosen."""

    RESUME = "Resume"
    RESET = "Reset"
    SCENES = "Scene"
    RECORD = "Record"
    QUIT = "Quit"
    SCENE = "a scene"


@dataclass(frozen=True)
class Choice:
    """What was chosen, and for a scene its name."""

    kind: Kind
    scene: str = ""


MAIN_ENTRIES = (Kind.RESUME, Kind.RESET, Kind.SCENES, Kind.RECORD, Kind.QUIT)


@dataclass(frozen=True)
class Layout:
    """Where the panel and its entries stand, in window pixels."""

    panel: pygame.Rect
    entries: tuple[pygame.Rect, ...]
    columns: int
    scale: float


class Menu:
    """Which page is open and which entry is chosen."""

    def __init__(self, scenes: Sequence[str]) -> None:
        """Start closed; `scenes` are the names to choose from."""
        self.scenes = tuple(scenes)
        self.page = Page.CLOSED
        self.selected = 0

    @property
    def is_open(self) -> bool:
        """Whether the menu covers the picture."""
        return self.page is not Page.CLOSED

    def open(self) -> None:
        """Show the first page."""
        self.page, self.selected = Page.MAIN, 0

    def close(self) -> None:
        """Give the picture free."""
        self.page = Page.CLOSED

    def layout(self, window: tuple[int, int]) -> Layout:
        """Return where everything stands in a window of that size."""
        scale = theme.scale_of(window)
        return _grid(len(self.scenes), window, scale) if self.page is Page.SCENES else _list(window, scale)

    def feed(self, event: pygame.event.Event, window: tuple[int, int]) -> Choice | None:
        """Take an event; return what it chose, if anything. Opening the list of scenes is no choice yet."""
        layout = self.layout(window)
        if event.type == pygame.MOUSEMOTION:
            self._point_at(event.pos, layout)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            return self._choose() if self._point_at(event.pos, layout) else None
        elif event.type == pygame.KEYDOWN:
            return self._press(event.key, layout.columns)
        return None

    def _point_at(self, place: tuple[int, int], layout: Layout) -> bool:
        for index, entry in enumerate(layout.entries):
            if entry.collidepoint(place):
                self.selected = index
                return True
        return False

    def _press(self, key: int, columns: int) -> Choice | None:
        moves = {pygame.K_UP: -columns, pygame.K_w: -columns, pygame.K_DOWN: columns, pygame.K_s: columns}
        if columns > 1:
            moves |= {pygame.K_LEFT: -1, pygame.K_a: -1, pygame.K_RIGHT: 1, pygame.K_d: 1}
        if key in moves:
            self._move(moves[key])
        elif key in (pygame.K_RETURN, pygame.K_KP_ENTER, pygame.K_SPACE):
            return self._choose()
        elif key == pygame.K_ESCAPE and self.page is Page.SCENES:
            self.page, self.selected = Page.MAIN, MAIN_ENTRIES.index(Kind.SCENES)
        elif key == pygame.K_ESCAPE:
            return Choice(Kind.RESUME)
        return None

    def _move(self, by: int) -> None:
        count = len(self.scenes) if self.page is Page.SCENES else len(MAIN_ENTRIES)
        if abs(by) == 1:
            self.selected = (self.selected + by) % count
        elif 0 <= self.selected + by < count:
            self.selected += by

    def _choose(self) -> Choice | None:
        if self.page is Page.SCENES:
            return Choice(Kind.SCENE, self.scenes[self.selected])
        kind = MAIN_ENTRIES[self.selected]
        if kind is not Kind.SCENES:
            return Choice(kind)
        self.page, self.selected = Page.SCENES, 0
        return None


def _list(window: tuple[int, int], scale: float) -> Layout:
    count = len(MAIN_ENTRIES)
    size = (_WIDTH * scale, (_HEAD + count * (_ENTRY + _GAP) - _GAP + _PAD) * scale)
    panel = _centred(size, window)
    entries = (
        pygame.Rect(
            panel.left + round(_PAD * scale),
            panel.top + round((_HEAD + index * (_ENTRY + _GAP)) * scale),
            panel.width - 2 * round(_PAD * scale),
            round(_ENTRY * scale),
        )
        for index in range(count)
    )
    return Layout(panel, tuple(entries), 1, scale)


def _grid(count: int, window: tuple[int, int], scale: float) -> Layout:
    """Cards in as many columns as make them largest, three where that is all the same."""
    room_across, room_down = window[0] / scale - 40 - 2 * _PAD, window[1] / scale - 40 - _HEAD - _PAD

    def card_width(columns: int) -> float:
        across = room_across / columns - 2 * _GAP
        down = room_down / math.ceil(count / columns) - 2 * _GAP - _CAPTION
        return max(_SMALLEST_CARD, min(_CARD, across, down / ASPECT))

    columns = max(range(1, count + 1), key=lambda columns: (card_width(columns), -abs(columns - 3)))
    rows, card = math.ceil(count / columns), card_width(columns)
    height = card * ASPECT + _CAPTION
    across, down = card + 2 * _GAP, height + 2 * _GAP
    size = (2 * _PAD + columns * across - 2 * _GAP, _HEAD + rows * down - 2 * _GAP + _PAD)
    panel = _centred((size[0] * scale, size[1] * scale), window)
    entries = (
        pygame.Rect(
            panel.left + round((_PAD + index % columns * across) * scale),
            panel.top + round((_HEAD + index // columns * down) * scale),
            round(card * scale),
            round(height * scale),
        )
        for index in range(count)
    )
    return Layout(panel, tuple(entries), columns, scale)


def _centred(size: tuple[float, float], window: tuple[int, int]) -> pygame.Rect:
    panel = pygame.Rect(0, 0, round(size[0]), round(size[1]))
    panel.center = (window[0] // 2, window[1] // 2)
    return panel
