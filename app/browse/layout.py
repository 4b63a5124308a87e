"""Where everything stands in the browser's window, and which frame a place on the time line means."""

from dataclasses import dataclass
from enum import Enum

import pygame

from .. import theme

_LIST, _HEAD, _SEARCH, _CARD = 300, 58, 36, 78
_INFO, _SCRUB, _LANE, _LANES, _CAMERA = 40, 22, 11, 9, 46
_LABELS, _PAD, _BAR = 78, 14, 44
_TAGS_WIDTH, _TAGS_HEAD, _TAG_ROW = 360, 92, 32
_GRIP = 8  # how near to a mark the mouse takes hold of it


class Do(Enum):
    """What a key or a button of the bar does: the key's name, and the word for it."""

    PLAY = ("Space", "play")
    STEP = ("< >", "step")
    FIRST = ("I", "in")
    LAST = ("O", "out")
    CLEAR = ("X", "no cut")
    TAG = ("T", "tag")
    DELETE = ("Del", "delete")
    UNDO = ("Ctrl Z", "undo")
    HANDS = ("H", "hands")
    DETAILS = ("F3", "details")
    FILTER = ("/", "filter")
    LEAVE = ("Esc", "leave")


@dataclass(frozen=True)
class Layout:
    """Places in window pixels."""

    size: tuple[int, int]
    scale: float
    listing: pygame.Rect
    """The panel of clips on the left."""
    search: pygame.Rect
    cards: pygame.Rect
    """Where the cards of the clips are seen."""
    card: int
    """Height of one."""
    picture: pygame.Rect
    lower: pygame.Rect
    """The panel under the picture; what follows lies in it."""
    info: pygame.Rect
    scrub: pygame.Rect
    lanes: pygame.Rect
    """One lane per key."""
    camera: pygame.Rect
    bar: pygame.Rect
    buttons: tuple[tuple[Do, pygame.Rect], ...]

    @property
    def rows(self) -> float:
        """How many cards are seen."""
        return self.cards.height / self.card

    @property
    def timeline(self) -> pygame.Rect:
        """Where a click means a frame."""
        return self.scrub.union(self.camera)

    def x_of(self, frame: float, count: int) -> int:
        """Left edge of a frame on the time line of a clip of `count` frames."""
        return self.scrub.left + round(frame * self.scrub.width / max(1, count))

    def frame_at(self, x: int, count: int) -> int:
        """Frame that is nearest to a place on the time line."""
        return max(0, min(count - 1, (x - self.scrub.left) * count // self.scrub.width))

    def grips(self, x: int, frame_edge: int) -> bool:
        """Whether the mouse at `x` is near enough to a mark at `frame_edge` to take hold of it."""
        return abs(x - frame_edge) <= _GRIP * self.scale

    def card_at(self, place: tuple[int, int], top: float) -> int | None:
        """Row of the card at a place in a list that is scrolled to `top`."""
        if not self.cards.collidepoint(place):
            return None
        return int((place[1] - self.cards.top) / self.card + top)

    def tag_panel(self, rows: int) -> pygame.Rect:
        """Where tags are typed and chosen, with so many to choose from."""
        height = round((_TAGS_HEAD + rows * _TAG_ROW + _PAD) * self.scale)
        panel = pygame.Rect(0, 0, round(_TAGS_WIDTH * self.scale), height)
        panel.center = self.picture.center
        return panel.clamp(pygame.Rect((0, 0), self.size))

    def tag_rows(self, rows: int) -> list[pygame.Rect]:
        """Where the tags to choose from stand."""
        panel, pad = self.tag_panel(rows), round(_PAD * self.scale)
        height = round(_TAG_ROW * self.scale)
        top = panel.top + round(_TAGS_HEAD * self.scale)
        return [pygame.Rect(panel.left + pad, top + row * height, panel.width - 2 * pad, height) for row in range(rows)]


def layout_of(size: tuple[int, int]) -> Layout:
    """Lay out a window of that size."""
    scale = theme.scale_of(size)
    width, height = size

    def s(length: float) -> int:
        return round(length * scale)

    bar = pygame.Rect(0, height - s(_BAR), width, s(_BAR))
    listing = pygame.Rect(0, 0, s(_LIST), bar.top)
    search = pygame.Rect(s(_PAD), s(_HEAD), listing.width - 2 * s(_PAD), s(_SEARCH))
    cards = pygame.Rect(s(6), search.bottom + s(10), listing.width - 2 * s(6), 0)
    cards.height = max(s(_CARD), listing.bottom - cards.top)
    lower_height = s(_INFO) + s(_SCRUB) + s(8) + _LANES * s(_LANE) + s(6) + s(_CAMERA) + s(_PAD)
    lower = pygame.Rect(listing.right, bar.top - lower_height, width - listing.right, lower_height)
    left = lower.left + s(_LABELS)
    along = max(1, lower.right - s(_PAD) - left)
    info = pygame.Rect(lower.left + s(_PAD), lower.top, lower.width - 2 * s(_PAD), s(_INFO))
    scrub = pygame.Rect(left, info.bottom, along, s(_SCRUB))
    lanes = pygame.Rect(left, scrub.bottom + s(8), along, _LANES * s(_LANE))
    camera = pygame.Rect(left, lanes.bottom + s(6), along, s(_CAMERA))
    picture = pygame.Rect(listing.right, 0, width - listing.right, max(1, lower.top))
    return Layout(
        size=size, scale=scale, listing=listing, search=search, cards=cards, card=s(_CARD), picture=picture,
        lower=lower, info=info, scrub=scrub, lanes=lanes, camera=camera, bar=bar, buttons=_buttons(bar, scale),
    )  # fmt: skip


def _buttons(bar: pygame.Rect, scale: float) -> tuple[tuple[Do, pygame.Rect], ...]:
    """Places in the bar, as wide as what is written on them."""
    shares = [sum(map(len, do.value)) + 3.4 for do in Do]
    unit = (bar.width - 2 * _PAD * scale) / sum(shares)
    places, left = [], _PAD * scale
    for do, share in zip(Do, shares, strict=True):
        right = left + share * unit
        gap = round(2 * scale)
        places.append((do, pygame.Rect(round(left), bar.top + gap, round(right) - round(left), bar.height - 2 * gap)))
        left = right
    return tuple(places)
