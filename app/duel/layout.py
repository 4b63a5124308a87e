"""Where everything stands while two worlds are compared, in a window of any size."""

from dataclasses import dataclass

import pygame

from .. import theme
from ..picture import fit

_EDGE, _GAP, _HEAD, _LABEL, _FIGURES, _FOOT = 24, 20, 72, 38, 34, 176
_ENTRY, _APART = (196, 46), 14
_OVER_ENTRIES = 86  # of the foot: short sentences stand there
_SMALLEST = (664, 580)  # of a window, in pixels of its own scale: what can be voted fits, pictures have 45 %


@dataclass(frozen=True)
class Layout:
    """Places in window pixels."""

    window: tuple[int, int]
    scale: float
    head: pygame.Rect
    pictures: tuple[pygame.Rect, pygame.Rect]
    """Left and right, exactly where they are seen."""
    foot: pygame.Rect
    entries: tuple[pygame.Rect, pygame.Rect, pygame.Rect]
    """What can be voted, from left to right."""

    @property
    def label_height(self) -> int:
        """Of the line over each picture."""
        return round(_LABEL * self.scale)


def layout_of(
    window: tuple[int, int], shapes: tuple[tuple[int, int], tuple[int, int]], text_scale: float = 1.0
) -> Layout:
    """Place pictures of these widths and heights, the left one first, as large as they fit beside each other.

    Words are `text_scale` times as large as they would be, as far as there is room.
    """
    plain, room = theme.scale_of(window), min(window[0] / _SMALLEST[0], window[1] / _SMALLEST[1])
    scale = min(plain * text_scale, max(plain, room))
    edge, gap, head, label, figures, foot = (
        round(length * scale) for length in (_EDGE, _GAP, _HEAD, _LABEL, _FIGURES, _FOOT)
    )
    half = max(1, (window[0] - 2 * edge - gap) // 2)
    high = max(1, window[1] - head - label - figures - foot)
    sizes = [fit(shape, (half, high))[2:] for shape in shapes]
    highest = max(height for _, height in sizes)
    top = head + label + (high - highest) // 2
    places = []
    for left, (width, height) in zip((edge, edge + half + gap), sizes, strict=True):
        places.append(pygame.Rect(left + (half - width) // 2, top + (highest - height) // 2, width, height))
    bottom = pygame.Rect(edge, window[1] - foot, window[0] - 2 * edge, foot)
    return Layout(
        window=window,
        scale=scale,
        head=pygame.Rect(edge, 0, window[0] - 2 * edge, head),
        pictures=(places[0], places[1]),
        foot=bottom,
        entries=_entries(bottom, scale),
    )


def _entries(foot: pygame.Rect, scale: float) -> tuple[pygame.Rect, pygame.Rect, pygame.Rect]:
    width, height = (round(length * scale) for length in _ENTRY)
    middle = pygame.Rect(0, foot.top + round(_OVER_ENTRIES * scale), width, height)
    middle.centerx = foot.centerx
    apart = width + round(_APART * scale)
    return middle.move(-apart, 0), middle, middle.move(apart, 0)
