"""What stands over the picture besides HUD and menu: the loading screen and the first hint."""

import pygame

from . import theme
from .picture import Sprite

HINT_SECONDS = 6.0
_FADE_SECONDS = 1.0
_DOTS = 3


def loading(title: str, window: tuple[int, int], beat: int, what: str = "waking the world") -> list[Sprite]:
    """Return the title, what is waited for and a line of dots of which one is lit; the lit one moves with `beat`."""
    scale = theme.scale_of(window)
    name = theme.shaded(title, 84 * scale)
    note = theme.shaded(what, 26 * scale, theme.SOFT)
    middle = window[0] // 2
    top = round(window[1] * 0.40)
    sprites = [
        Sprite("title", name, (middle - name.get_width() // 2, top)),
        Sprite("note", note, (middle - note.get_width() // 2, top + round(72 * scale))),
    ]
    size, apart = round(10 * scale), round(24 * scale)
    for index in range(_DOTS):
        lit = index == beat % _DOTS
        dot = theme.rounded((size, size), theme.ACCENT if lit else (255, 255, 255, 70), size / 2)
        left = middle + (index - _DOTS // 2) * apart - size // 2
        sprites.append(Sprite(f"dot {index}", dot, (left, top + round(118 * scale))))
    return sprites


class Hint:
    """The first line a person reads: which keys do what. Fades after a few seconds."""

    def __init__(self) -> None:
        """Not shown yet."""
        self._since: float | None = None
        self._drawn: tuple[object, pygame.Surface] | None = None

    def sprites(self, window: tuple[int, int], now: float, captured: bool) -> list[Sprite]:
        """Return the line while it is to be seen; its time starts with the first call.

        While the mouse is free the line stays: it says how to capture it.
        """
        self._since = now if self._since is None else self._since
        alpha = min(1.0, (HINT_SECONDS - (now - self._since)) / _FADE_SECONDS) if captured else 1.0
        if alpha <= 0:
            return []
        surface = self._surface(captured, theme.scale_of(window))
        left = (window[0] - surface.get_width()) // 2
        return [Sprite("hint", surface, (left, round(window[1] * 0.91) - surface.get_height() // 2), alpha)]

    def _surface(self, captured: bool, scale: float) -> pygame.Surface:
        if self._drawn is None or self._drawn[0] != (captured, scale):
            mouse = "mouse look" if captured else "click to capture the mouse"
            words = theme.text(f"{mouse}  -  WASD walk  -  Esc menu  -  R record  -  F3 HUD", 24 * scale)
            surface = theme.panel((words.get_width() + round(44 * scale), round(44 * scale)), 22 * scale)
            surface.blit(words, words.get_rect(center=surface.get_rect().center))
            self._drawn = ((captured, scale), surface)
        return self._drawn[1]
