"""The red mark of a running recording, and what is said when one ended early."""

import pygame

from . import theme
from .browse.words import lines_of
from .picture import Sprite
from .recording import Recording
from .room import Room

_RED: theme.Colour = (232, 64, 58, 255)
_NOTICE_SECONDS = 10.0
_SIZE = 21
_WIDEST = 0.55  # of the room, for a notice


class RecordMark:
    """Draws what a person must know of the recording, in the top right corner."""

    def __init__(self, recording: Recording, fps: float) -> None:
        """Watch a recording of `fps` frames per second."""
        self._recording, self._fps = recording, fps
        self._notices, self._noticed = 0, 0.0
        self._drawn: tuple[object, pygame.Surface] | None = None

    def sprites(self, room: Room, now: float, scale: float) -> list[Sprite]:
        """Return the mark while frames are taken or will be, and for some seconds why they no longer are."""
        recorder = self._recording.recorder
        if recorder.notices != self._notices:
            self._notices, self._noticed = recorder.notices, now
        if self._recording.wanted:
            words, lit = f"REC  {clock_text(recorder.taken / self._fps if recorder.recording else 0.0)}", True
        elif recorder.notice and now - self._noticed < _NOTICE_SECONDS:
            words, lit = recorder.notice, False
        else:
            return []
        surface = self._surface(words, lit, scale, room.width)
        return [Sprite("record", surface, (room.right - surface.get_width(), room.top))]

    def _surface(self, words: str, lit: bool, scale: float, width: int) -> pygame.Surface:
        if self._drawn is None or self._drawn[0] != (words, scale, width):
            self._drawn = (words, scale, width), _draw(words, lit, scale, width)
        return self._drawn[1]


def clock_text(seconds: float) -> str:
    """Return a duration as `1:05`, or `1:02:05` from an hour upward."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _draw(words: str, lit: bool, scale: float, width: int) -> pygame.Surface:
    """Return a chip with a red dot, or a panel of the words in as many lines as they need in a room so wide."""
    pad, row = round(14 * scale), round(24 * scale)
    most = max(_WIDEST * width, min(width, 300 * scale)) - 2 * pad
    dot = round(13 * scale) if lit else 0
    broken = [words] if lit else lines_of(words, _SIZE * scale, most)
    lines = [theme.text(line, _SIZE * scale, theme.INK if lit else theme.WARN) for line in broken]
    across = max(line.get_width() for line in lines) + (dot + round(9 * scale) if lit else 0)
    surface = theme.panel((across + 2 * pad, len(lines) * row + pad), 12 * scale)
    if lit:
        circle = theme.rounded((dot, dot), _RED, dot / 2)
        surface.blit(circle, circle.get_rect(midleft=(pad, surface.get_height() // 2)))
    for number, line in enumerate(lines):
        middle = pad // 2 + number * row + row // 2
        surface.blit(line, line.get_rect(midright=(surface.get_width() - pad, middle)))
    return surface
