"""The bar at the bottom while one goes back: pictures of the past, where in it one is, and how far it goes."""

from dataclasses import replace

import pygame

from . import theme
from .browse.words import width_of
from .engine import Pixels
from .handover import Frame, WalkFacts
from .menu.pictures import thumbnail
from .past import PICTURES, Past
from .picture import Sprite
from .room import GAP, Room
from .timeline import BUDGET_BYTES

_WIDEST, _PAD, _HEAD, _FOOT = 1160, 16, 46, 30  # of the panel, beside the strip, over it, under it
_LOWEST, _HIGHEST = 20, 84  # of the strip; where there is no room for the one there is no bar
_MOST_OF_ROOM = 0.5
_APART = 3  # between two pictures
_MARKS = (1, 2, 5, 10, 15, 30, 60, 120)  # seconds from one of the times under the strip to the next
_MARK_ROOM = 80  # that such a time takes
_LINE, _KNOB, _OVER = 3, 13, 5  # of the place where one is; how far it stands out of the strip
_ARROWS = 32  # across, with what is free beside them
_BIG, _SMALL, _TINY = 27, 19, 16  # heights of words
_UNDONE: theme.Colour = (8, 10, 14, 176)


class PastView:
    """Draws the bar: all but two small parts and the time of now only when one begins to go back."""

    def __init__(self, fps: float) -> None:
        """Show the past of a world of `fps` frames a second."""
        self._fps = fps
        self._panel: tuple[object, pygame.Surface] | None = None
        self._undone, self._line = theme.blank((1, 1)), theme.blank((1, 1))
        self._undone.fill(_UNDONE)
        self._line.fill(theme.ACCENT)

    def words(self, frame: Frame) -> str:
        """Return how far back a frame lies; nothing of one that has yet to be left."""
        if frame.past is None:
            return "" if frame.walk is not None and frame.walk.reach else "there is nothing to go back to"
        end = ", as far as is kept" if frame.index <= frame.past.oldest else ""
        return f"{(frame.past.newest - frame.index) / self._fps:.1f} s back{end}"

    def sprites(self, room: Room, frame: Frame, scale: float) -> tuple[list[Sprite], Room]:
        """Return the bar at the bottom of a room, its panel first, and what of the room is left over it.

        Without a past, or without the room for it, there is none.
        """
        width = round(min(room.width, _WIDEST * scale))
        strip = _strip(width, frame.pixels, scale)
        height = strip.bottom + round(_FOOT * scale)
        if frame.past is None or frame.walk is None or strip.height < _LOWEST * scale:
            return [], room
        if height > _MOST_OF_ROOM * room.height or self._needed(frame.past, frame.walk, scale) > width:
            return [], room
        left, top = room.centred(width), room.bottom - height
        place = strip.move(left, top)
        at = place.left + round(frame.past.share(frame.index) * place.width)
        line, knob, over = (max(1, round(part * scale)) for part in (_LINE, _KNOB, _OVER))
        said = theme.text(self.words(frame), _BIG * scale)
        middle = top + round(_HEAD / 2 * scale)
        sprites = [
            Sprite("past", self._draw(frame.past, frame.walk, (width, height), strip, scale), (left, top)),
            Sprite("past undone", self._undone, (at, place.top), size=(max(1, place.right - at), place.height)),
            Sprite("past line", self._line, (at - line // 2, place.top - over), size=(line, place.height + 2 * over)),
            Sprite("past knob", _dot(knob), (at - knob // 2, place.top - over - knob // 2)),
            Sprite("past words", said, (place.left + round(_ARROWS * scale), middle - said.get_height() // 2)),
        ]
        return sprites, replace(room, bottom=top - round(GAP * scale))

    def _needed(self, past: Past, walk: WalkFacts, scale: float) -> float:
        """Width that the words need, in pixels."""
        longest = f"{self._seconds(past):.1f} s back, as far as is kept"
        kept = width_of(self._kept(past, walk), _SMALL * scale)
        return width_of(longest, _BIG * scale) + kept + (_ARROWS + 4 * _PAD) * scale

    def _seconds(self, past: Past) -> float:
        return (past.newest - past.oldest) / self._fps

    def _kept(self, past: Past, walk: WalkFacts) -> str:
        memory = f"{walk.past_bytes / 2**20:.0f} of at most {BUDGET_BYTES >> 20} MB"
        return f"{self._seconds(past):.1f} s are kept, in {memory}"

    def _draw(
        self, past: Past, walk: WalkFacts, size: tuple[int, int], strip: pygame.Rect, scale: float
    ) -> pygame.Surface:
        """Return what stays while one goes back."""
        key = past, size, scale
        if self._panel is None or self._panel[0] != key:
            surface = theme.panel(size, 12 * scale)
            middle = round(_HEAD / 2 * scale)
            _draw_arrows(surface, pygame.Rect(strip.left, 0, round(_ARROWS * scale), 2 * middle))
            kept = theme.text(self._kept(past, walk), _SMALL * scale, theme.SOFT)
            surface.blit(kept, kept.get_rect(midright=(strip.right, middle)))
            for number, pixels in enumerate(past.pictures):
                left, right = (strip.left + round(k * strip.width / len(past.pictures)) for k in (number, number + 1))
                cell = pygame.Rect(left, strip.top, right - left - round(_APART * scale), strip.height)
                surface.blit(thumbnail(pixels, (max(1, cell.width), cell.height), 4 * scale), cell)
            self._draw_times(surface, strip, self._seconds(past), scale)
            self._panel = key, surface
        return self._panel[1]

    def _draw_times(self, surface: pygame.Surface, strip: pygame.Rect, seconds: float, scale: float) -> None:
        """Write under the strip how far back it is from there to its end."""
        middle, tiny = round(strip.bottom + _FOOT / 2 * scale), _TINY * scale
        now = theme.text("now", tiny, theme.SOFT)
        surface.blit(now, now.get_rect(midright=(strip.right, middle)))
        wide = strip.width / max(seconds, 1e-6)  # a second
        apart = next((mark for mark in _MARKS if mark * wide >= _MARK_ROOM * scale), _MARKS[-1])
        for back in range(apart, int(seconds) + 1, apart):
            x = strip.right - round(back * wide)
            words = theme.text(f"-{back} s", tiny, theme.SOFT)
            place = words.get_rect(center=(x, middle))
            place.left = max(strip.left, place.left)
            surface.blit(words, place)


def _strip(width: int, pixels: Pixels, scale: float) -> pygame.Rect:
    """Return the place of the pictures in a panel so wide: as high as the whole of each needs."""
    across = width - 2 * round(_PAD * scale)
    height = min(_HIGHEST * scale, across / PICTURES * pixels.shape[0] / pixels.shape[1])
    return pygame.Rect(round(_PAD * scale), round(_HEAD * scale), max(1, across), max(1, round(height)))


def _draw_arrows(surface: pygame.Surface, place: pygame.Rect) -> None:
    """Draw what stands for going back on every machine that can; the font has none."""
    side = place.width // 4
    for number in range(2):
        left = place.left + number * side
        corners = [(left, place.centery), (left + side, place.centery - side), (left + side, place.centery + side)]
        pygame.draw.polygon(surface, theme.ACCENT, corners)


def _dot(side: int) -> pygame.Surface:
    return theme.rounded((side, side), theme.ACCENT, side / 2)
