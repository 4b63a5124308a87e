"""Words in the space there is: shortened, broken into lines, put on chips."""

import pygame

from .. import theme

_OVERSAMPLED = 3  # sizes are measured as finely as theme draws them
_DOTS = "..."


def width_of(words: str, size: float) -> float:
    """Width of words in pixels."""
    return theme.font(round(size * _OVERSAMPLED)).size(theme.drawable(words))[0] / _OVERSAMPLED


def shortened(words: str, size: float, width: float) -> str:
    """Return words that are at most so wide; the middle goes first, since names differ at both ends."""
    if width_of(words, size) <= width:
        return words
    low, high = 0, len(words)  # characters that can stay
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if width_of(_without_middle(words, middle), size) <= width else (low, middle - 1)
    return _without_middle(words, low)


def lines_of(words: str, size: float, width: float, most: int = 8) -> list[str]:
    """Break words into lines that are at most so wide."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [shortened(line, size, width) for line in lines]


def chip(words: str, size: float, colour: theme.Colour, face: theme.Colour = theme.INK) -> pygame.Surface:
    """Return words on a small rounded field."""
    inked = theme.text(words, size, face)
    surface = theme.rounded(
        (inked.get_width() + round(size * 0.9), inked.get_height() + round(size * 0.35)), colour, size * 0.35
    ).copy()
    surface.blit(inked, inked.get_rect(center=surface.get_rect().center))
    return surface


def clock(frame: int, fps: float) -> str:
    """Return the time of a frame as minutes, seconds and tenths."""
    tenths = int(10 * frame / fps)
    minutes, tenths = divmod(tenths, 600)
    return f"{minutes}:{tenths // 10:02d}.{tenths % 10}"


def _without_middle(words: str, kept: int) -> str:
    if kept >= len(words):
        return words
    back = kept // 2
    return words[: kept - back] + _DOTS + (words[-back:] if back else "")
