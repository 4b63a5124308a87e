"""What stands over the picture besides HUD and menu: the loading screen and the first hint."""

import pygame

from . import theme
from .bindings import Bindings, is_pad
from .browse.words import width_of
from .bubble import bubble
from .key_names import key_of
from .picture import Sprite
from .room import Room

HINT_SECONDS = 6.0
_FADE_SECONDS = 1.0
_DOTS = 3
_WALK = ("forward", "left", "back", "right")
_STICK = ["Stick forward", "Stick left", "Stick back", "Stick right"]  # the same by the stick of a pad
_HINTED = {"menu": "menu", "record": "record", "figures": "figures"}  # commands, and in a word what they do
_TITLE, _NOTE, _WIDEST = 84, 26, 0.92  # heights of words, and their width at most, in windows


def loading(
    title: str, window: tuple[int, int], beat: int | None, what: str = "waking the world", *, text_scale: float = 1.0
) -> list[Sprite]:
    """Return the title, what is waited for and a line of dots: one is lit, and moves with `beat`; all, without it."""
    scale = theme.text_scale_of(window, text_scale)
    size = _TITLE * scale
    name, note = _shrunk(title, size, window[0]), _shrunk(what, _NOTE * scale, window[0], theme.SOFT)
    middle = window[0] // 2
    top = round(window[1] * 0.49 - 64 * scale)
    sprites = [
        Sprite("title", name, (middle - name.get_width() // 2, top)),
        Sprite("note", note, (middle - note.get_width() // 2, top + round(72 * scale))),
    ]
    size, apart = round(10 * scale), round(24 * scale)
    for index in range(_DOTS):
        lit = beat is None or index == beat % _DOTS
        dot = theme.rounded((size, size), theme.ACCENT if lit else (255, 255, 255, 70), size / 2)
        left = middle + (index - _DOTS // 2) * apart - size // 2
        sprites.append(Sprite(f"dot {index}", dot, (left, top + round(118 * scale))))
    return sprites


def _shrunk(words: str, size: float, window: int, colour: theme.Colour = theme.INK) -> pygame.Surface:
    """Return words of that height, or as high as they fit in a window so wide."""
    return theme.shaded(words, size * min(1.0, _WIDEST * window / max(1.0, width_of(words, size))), colour)


class Hint:
    """The first line a person reads: which keys or buttons do what. Fades after a few seconds."""

    def __init__(self) -> None:
        """Not shown yet."""
        self._since: float | None = None
        self._drawn: tuple[object, pygame.Surface] | None = None

    def sprites(
        self,
        room: Room,
        now: float,
        scale: float,
        captured: bool,
        bindings: Bindings,
        *,
        by_pad: bool = False,
        still: bool = False,
    ) -> list[Sprite]:
        """Return the line while it is to be seen, its fading left out if it is to be `still`.

        Its time starts with the first call. While the mouse is free the line stays: it says how to capture it; whoever
        plays by pad needs none.
        """
        self._since = now if self._since is None else self._since
        left = HINT_SECONDS - (now - self._since) if captured or by_pad else HINT_SECONDS
        if left <= 0:
            return []
        alpha = 1.0 if still else min(1.0, left / _FADE_SECONDS)
        surface = self._surface(_hint(captured, bindings, by_pad), scale, room.width)
        top = room.bottom - surface.get_height()
        if top < room.top:
            return []
        return [Sprite("hint", surface, (room.centred(surface.get_width()), top), alpha)]

    def _surface(self, words: str, scale: float, width: int) -> pygame.Surface:
        key = words, scale, width
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = key, bubble(words, 24 * scale, width)
        return self._drawn[1]


def _hint(captured: bool, bindings: Bindings, by_pad: bool) -> str:
    """What the hands can do, by the keys that do it, or the buttons of a pad; what has none is left out."""
    looks = "mouse look" if captured else "click to capture the mouse"
    if by_pad:
        looks, bindings = "stick look", {command: tuple(filter(is_pad, bindings[command])) for command in bindings}
    walk = [key for command in _WALK if (key := key_of(bindings, command, pad=by_pad))]
    if walk == _STICK:
        looks, walk = "sticks walk and look", []
    letters = all(len(key) == 1 for key in walk)
    keys = (("" if letters else ", ").join(walk), *(key_of(bindings, command, pad=by_pad) for command in _HINTED))
    said = (f"{key} {what}" for key, what in zip(keys, ("walk", *_HINTED.values()), strict=True) if key)
    return "  -  ".join((looks, *said))
