"""Where everything on a page stands in a window of any size, and which item is next to which."""

import math
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import pygame

from .. import theme
from ..browse.words import lines_of
from .gestures import Gesture
from .page import Card, Entry, Heading, Item, Page, Slider, Width, Words, selectable

ASPECT = 0.6
"""Height of a card's picture, in widths."""

WORDS_SIZE, WORDS_ROW = 21, 27
_EDGE, _PAD, _FULL_PAD = 14, 26, 56
_HEAD, _FULL_HEAD, _FOOT, _STRIP = 84, 150, 40, 34
_ENTRY, _GAP, _HEADING, _CARD_GAP = 44, 5, 40, 16
_CAPTION, _NOTE = 36, 17  # under a card's picture: its label, and its note where one of the cards has any
_BUTTON, _BUTTONS_FROM = 230, 900  # width of entries that stand beside each other, and of the page from which they do
_WIDEST_CARD, _NARROWEST_CARD = 300, 150
_CONTROL, _TRACK = 0.44, 0.62  # share of an entry that its control takes, and of that the track of a slider
_BACK = 110


@dataclass(frozen=True)
class Layout:
    """Places in window pixels."""

    window: tuple[int, int]
    scale: float
    panel: pygame.Rect
    body: pygame.Rect
    """Where items are seen; what does not fit is scrolled."""
    items: tuple[pygame.Rect, ...]
    """Where they stand while nothing is scrolled."""
    tops: tuple[int, ...]
    """What is to be seen with each: its own top, or that of the headings it stands under."""
    strip: pygame.Rect
    """Where the note of the selected item stands; empty where notes stand beside their labels."""
    foot: pygame.Rect
    back: pygame.Rect
    """Where a click goes back."""

    @property
    def furthest(self) -> int:
        """Most pixels that the items can be scrolled."""
        return max(0, max((place.bottom for place in self.items), default=0) - self.body.bottom)

    def place(self, index: int, top: int) -> pygame.Rect:
        """Where an item stands when `top` pixels are scrolled away."""
        return self.items[index].move(0, -top)

    def at(self, place: tuple[int, int], top: int) -> int | None:
        """Item at a place."""
        if not self.body.collidepoint(place):
            return None
        return next((index for index in range(len(self.items)) if self.place(index, top).collidepoint(place)), None)

    def showing(self, index: int, top: int) -> int:
        """How far to scroll, from `top` on as little as possible, so that an item is seen with a little beside it."""
        place, beside = self.items[index], round(_GAP * self.scale)
        first = 0 if self.tops[index] == self.body.top else self.tops[index] - beside - self.body.top
        least = place.bottom + beside - self.body.bottom
        return max(0, min(self.furthest, max(least, min(top, first)), place.top - self.body.top))


def layout_of(page: Page, window: tuple[int, int], text_scale: float) -> Layout:
    """Lay a page out."""
    scale = theme.text_scale_of(window, text_scale)
    full = page.width is Width.FULL
    pad, head = (_FULL_PAD, _FULL_HEAD) if full else (_PAD, _HEAD)
    across, down = window[0] / scale, window[1] / scale
    if full and (across < 2 * _WIDEST_CARD + 2 * pad or down < 3 * head):
        pad, head = _PAD, _HEAD  # little room: the name of the place takes less of it
    edge = 0 if full else _EDGE
    width = across if full else min(float(page.width.value), across - 2 * edge)
    strip = _STRIP if any(isinstance(item, Entry) and item.control and item.note for item in page.items) else 0
    flow = _flow(page.items, width - 2 * pad, down - 2 * edge - head - strip - _FOOT)
    tall = flow[-1].bottom if flow else 0.0
    height = down if full else min(down - 2 * edge, head + tall + strip + _FOOT + _GAP)
    left, top = (across - width) / 2, (down - height) / 2
    items = tuple(
        _rect((place.left + left + pad, place.top + top + head, place.width, place.height), scale) for place in flow
    )
    foot = (left + pad, top + height - _FOOT, width - 2 * pad, _FOOT)
    return Layout(
        window=window,
        scale=scale,
        panel=_rect((left, top, width, height), scale),
        body=_rect((left + pad / 2, top + head, width - pad, height - head - strip - _FOOT), scale),
        items=items,
        tops=_tops(page.items, items),
        strip=_rect((left + pad, top + height - _FOOT - strip, width - 2 * pad, strip), scale),
        foot=_rect(foot, scale),
        back=_rect((foot[0] + foot[2] - _BACK, foot[1], _BACK, _FOOT), scale),
    )


def control_of(place: pygame.Rect) -> pygame.Rect:
    """Where the control of an entry stands."""
    width = round(place.width * _CONTROL)
    return pygame.Rect(place.right - width, place.top, width, place.height)


def track_of(place: pygame.Rect) -> pygame.Rect:
    """Where the track of an entry's slider stands."""
    control = control_of(place)
    return pygame.Rect(control.left, control.top, round(control.width * _TRACK), control.height)


def share_at(place: pygame.Rect, x: int) -> float:
    """Share of the way along a slider's track that a place means."""
    track = track_of(place)
    return max(0.0, min(1.0, (x - track.left) / max(1, track.width)))


def is_slider(item: Item) -> bool:
    """Whether an item can be dragged."""
    return isinstance(item, Entry) and isinstance(item.control, Slider)


def neighbour(page: Page, items: Sequence[pygame.Rect], at: int, way: Gesture) -> int:
    """Index of the item that lies that way from item `at`; past an end it begins again at the other."""
    others = [index for index, item in enumerate(page.items) if selectable(item) and index != at]
    if not others:
        return at
    here = items[at]
    if way in (Gesture.LEFT, Gesture.RIGHT):
        round_about = others[bisect(others, at) :] + others[: bisect(others, at)]
        return round_about[0 if way is Gesture.RIGHT else -1]
    sign = 1 if way is Gesture.DOWN else -1
    beyond = [index for index in others if sign * (items[index].centery - here.centery) > here.height // 4]
    rows = beyond or others  # past the last row comes the first
    nearest = min((sign * items[index].centery for index in rows), default=0)
    row = [index for index in rows if abs(sign * items[index].centery - nearest) <= items[index].height // 4]
    return min(row, key=lambda index: (abs(items[index].centerx - here.centerx), index))


@dataclass(frozen=True)
class _Place:
    left: float
    top: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.top + self.height


def _tops(items: Sequence[Item], places: Sequence[pygame.Rect]) -> tuple[int, ...]:
    tops: list[int] = []
    heading: int | None = None  # top of the headings over this row
    row = -1
    for item, place in zip(items, places, strict=True):
        if isinstance(item, Heading | Words):
            heading = place.top if heading is None or row >= 0 else heading
            row = -1
        elif row not in (-1, place.top):
            heading = None
        if not isinstance(item, Heading | Words):
            row = place.top
        tops.append(place.top if heading is None else heading)
    return tuple(tops)


def _flow(items: Sequence[Item], width: float, room: float) -> list[_Place]:
    """Places from the top down in a column of that width: cards in the fewest columns that need no scrolling."""
    fewest = max(1, math.ceil((width + _CARD_GAP) / (_WIDEST_CARD + _CARD_GAP)))
    most = max(fewest, int((width + _CARD_GAP) / (_NARROWEST_CARD + _CARD_GAP)))
    for columns in range(fewest, most + 1):
        places = _in_columns(items, width, columns)
        if not places or places[-1].bottom <= room:
            return places
    comfortable = max(fewest, int((width + _CARD_GAP) / ((_WIDEST_CARD + _NARROWEST_CARD) / 2 + _CARD_GAP)))
    return _in_columns(items, width, comfortable)


def _in_columns(items: Sequence[Item], width: float, columns: int) -> list[_Place]:
    card = (width - (columns - 1) * _CARD_GAP) / columns
    kinds = {
        "card": (card, card * ASPECT + _CAPTION, columns),
        "button": (_BUTTON, _ENTRY, int((width + _CARD_GAP) / (_BUTTON + _CARD_GAP))),
    }
    places: list[_Place] = []
    top, column, before = 0.0, 0, ""
    for item, noted in zip(items, _noted(items), strict=True):
        kind = _kind(item, width)
        wide, high, most = kinds.get(kind, (width, _height(item, width), 1))
        high += _NOTE if noted else 0
        if places and (kind != before or column == most):
            top, column = places[-1].bottom + _GAP + (_CARD_GAP if "button" == kind != before else 0), 0
        places.append(_Place(column * (wide + _CARD_GAP), top, wide, high))
        column, before = column + 1, kind
    return places


def _noted(items: Sequence[Item]) -> list[bool]:
    """For each item whether it is one of several cards in a row of which one has a note."""
    noted: list[bool] = []
    for cards, run in groupby(items, lambda item: isinstance(item, Card)):
        some = list(run)
        noted += [cards and any(isinstance(item, Card) and (item.note or item.fault) for item in some)] * len(some)
    return noted


def _kind(item: Item, width: float) -> str:
    """What stands beside others of its kind: cards, and on a wide page entries that have no control."""
    if isinstance(item, Card):
        return "card"
    return "button" if isinstance(item, Entry) and item.control is None and width >= _BUTTONS_FROM else ""


def _height(item: Item, width: float) -> float:
    if isinstance(item, Heading):
        return _HEADING
    if isinstance(item, Words):
        return len(lines_of(item.text, WORDS_SIZE, width)) * WORDS_ROW + 2 * _GAP
    return _ENTRY


def _rect(place: tuple[float, float, float, float], scale: float) -> pygame.Rect:
    """Round the edges, not the sizes: what lies within something still does."""
    left, top, right, bottom = place[0], place[1], place[0] + place[2], place[1] + place[3]
    corner = round(left * scale), round(top * scale)
    return pygame.Rect(*corner, round(right * scale) - corner[0], round(bottom * scale) - corner[1])
