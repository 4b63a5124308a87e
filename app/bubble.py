"""Sentences over the picture: on a panel, in as many lines as they need."""

import pygame

from . import theme
from .browse.words import lines_of

_ROW, _ABOVE, _BESIDE, _RADIUS = 1.18, 0.3, 0.85, 0.87  # in heights of the words


def bubble(
    words: str, size: float, width: int, colour: theme.Colour = theme.INK, *, height: int = 1 << 16
) -> pygame.Surface:
    """Return words of that height on a panel that is at most so wide and high, in pixels."""
    beside, above, row = round(_BESIDE * size), round(_ABOVE * size), max(1, round(_ROW * size))
    broken = lines_of(words, size, max(size, width - 2 * beside), max(1, (height - 2 * above) // row))
    lines = [theme.text(line, size, colour) for line in broken]
    across = min(width, max(line.get_width() for line in lines) + 2 * beside)
    surface = theme.panel((across, len(lines) * row + 2 * above), _RADIUS * size)
    for number, line in enumerate(lines):
        middle = above + number * row + row // 2
        surface.blit(line, line.get_rect(center=(across // 2, middle)))
    return surface
