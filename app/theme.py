"""How the overlay looks: colours, fonts, panels. Sizes are for a 1280x720 window and scale with it."""

from functools import lru_cache

import pygame

Colour = tuple[int, int, int, int]

INK: Colour = (242, 244, 240, 255)
SOFT: Colour = (166, 176, 172, 255)
ACCENT: Colour = (104, 190, 238, 255)  # this blue and this orange differ to every kind of eye (Okabe and Ito, 2008)
WARN: Colour = (242, 168, 64, 255)
PANEL: Colour = (13, 17, 21, 208)
LINE: Colour = (62, 70, 74, 224)
HOVER: Colour = (*ACCENT[:3], 46)
KEY: Colour = (255, 255, 255, 30)

_OVERSAMPLED = 3
_SMALLEST = (460, 330)  # of a window, in pixels of its own scale: words are made no larger than this needs


def scale_of(window: tuple[int, int]) -> float:
    """How much larger than in a 1280x720 window things are drawn."""
    return max(0.6, min(2.5, min(window[0] / 1280, window[1] / 720)))


def text_scale_of(window: tuple[int, int], text_scale: float) -> float:
    """The same for what has to be read: as much larger as a person asked for, and the window has the room for."""
    return min(scale_of(window) * text_scale, window[0] / _SMALLEST[0], window[1] / _SMALLEST[1])


@lru_cache(maxsize=64)
def font(size: int) -> pygame.font.Font:
    """Return the font that comes with pygame at a height of `size` pixels."""
    return pygame.font.Font(None, max(10, size))


def drawable(words: str) -> str:
    """Return words without what the library refuses: zeros, and the bytes of a file's name that are no UTF-8."""
    return words.replace("\0", "").encode("utf-8", "replace").decode()


def text(words: str, size: float, colour: Colour = INK) -> pygame.Surface:
    """Return words as a surface; drawn large and shrunk, since the font is uneven at small sizes."""
    large = font(round(size * _OVERSAMPLED)).render(drawable(words) or " ", True, colour)  # nothing cannot be shrunk
    width, height = large.get_size()
    return pygame.transform.smoothscale(large, (max(1, width // _OVERSAMPLED), max(1, height // _OVERSAMPLED)))


def shaded(words: str, size: float, colour: Colour = INK) -> pygame.Surface:
    """Return words with a soft shadow, readable over any picture."""
    face, shadow = text(words, size, colour), text(words, size, (0, 0, 0, 255))
    shadow.set_alpha(130)
    offset = max(1, round(size / 24))
    surface = blank((face.get_width() + offset, face.get_height() + offset))
    surface.blit(shadow, (offset, offset))
    surface.blit(face, (0, 0))
    return surface


def blank(size: tuple[int, int]) -> pygame.Surface:
    """Return a surface that shows nothing; it has a pixel at least, since one without cannot be drawn."""
    return pygame.Surface((max(1, size[0]), max(1, size[1])), pygame.SRCALPHA)


@lru_cache(maxsize=64)
def rounded(size: tuple[int, int], colour: Colour, radius: float, edge: Colour | None = None) -> pygame.Surface:
    """Return a rectangle with smooth round corners, of a pixel at least; callers copy it before they draw on it."""
    size, corner = (max(1, size[0]), max(1, size[1])), round(radius) + 2
    if min(size) <= 2 * corner:
        return _oversampled(size, colour, radius, edge)
    tile = _oversampled((2 * corner + 1, 2 * corner + 1), colour, radius, edge)
    return _stretched(tile, size, corner)


def panel(size: tuple[int, int], radius: float) -> pygame.Surface:
    """Return a translucent panel with a hairline edge, to draw on."""
    return rounded(size, PANEL, radius, LINE).copy()


def _oversampled(size: tuple[int, int], colour: Colour, radius: float, edge: Colour | None) -> pygame.Surface:
    large = pygame.Surface((size[0] * _OVERSAMPLED, size[1] * _OVERSAMPLED), pygame.SRCALPHA)
    large.fill((*(edge or colour)[:3], 0))
    corner = round(radius * _OVERSAMPLED)
    pygame.draw.rect(large, colour, large.get_rect(), border_radius=corner)
    if edge is not None:
        pygame.draw.rect(large, edge, large.get_rect(), _OVERSAMPLED, border_radius=corner)
    return pygame.transform.smoothscale(large, size)


def _stretched(tile: pygame.Surface, size: tuple[int, int], corner: int) -> pygame.Surface:
    """Return a tile of that size: its corners as they are, its middle row and column as often as it takes."""
    surface = blank(size)
    parts = (  # along one side: from where in the tile, to where, how long
        lambda length: (0, 0, corner, corner),
        lambda length: (corner, corner, 1, length - 2 * corner),
        lambda length: (corner + 1, length - corner, corner, corner),
    )
    for across in parts:
        x, left, thin, width = across(size[0])
        for down in parts:
            y, top, flat, height = down(size[1])
            part = tile.subsurface((x, y, thin, flat))
            surface.blit(pygame.transform.scale(part, (width, height)), (left, top))
    return surface
