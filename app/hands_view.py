"""Draws the hands of a frame: key caps, mouse buttons, and which way the camera turns."""

from functools import lru_cache

import pygame

from model.actions import Action

from . import theme
from .bindings import Bindings
from .browse.words import width_of
from .key_names import key_of

_CELL, _GAP = 38, 5
_CAPS = (  # field of Action, column, row
    ("forward", 1, 0),
    ("left", 0, 1),
    ("back", 1, 1),
    ("right", 2, 1),
    ("sneak", 0, 2),
    ("jump", 1, 2),
    ("sprint", 2, 2),
)
_BUTTONS = ("attack", "use")
_MOUSE_LEFT, _MOUSE_WIDTH = 3.45, 1.75  # in cells
_FULL_TURN = 12.0  # degrees in a frame that bring the dot to the edge
_LETTER, _WORD = 22, 15  # heights of one letter and of more on a cap


def caps_of(bindings: Bindings) -> tuple[str, ...]:
    """Return what stands on the caps: keys, then the buttons of the mouse.

    `DEFAULT` ones where nobody's own keys made the action: footage, replays.
    """
    return tuple(key_of(bindings, name).removeprefix("Mouse ") for name in (*(cap[0] for cap in _CAPS), *_BUTTONS))


@lru_cache(maxsize=128)
def draw_hands(action: Action, scale: float, caps: tuple[str, ...]) -> pygame.Surface:
    """Return the caps and the mouse; round the camera of `action` first, so that few are drawn."""
    cell, gap = round(_CELL * scale), max(1, round(_GAP * scale))
    pitch = cell + gap
    surface = theme.blank((round((_MOUSE_LEFT + _MOUSE_WIDTH) * pitch), 3 * pitch))
    for (name, column, row), words in zip(_CAPS, caps, strict=False):  # what is left over are the buttons
        _draw_cap(surface, pygame.Rect(column * pitch, row * pitch, cell, cell), words, getattr(action, name), scale)
    _draw_mouse(surface, action, caps[len(_CAPS) :], pitch, gap, scale)
    return surface


def coarse(action: Action) -> Action:
    """Return the action with its camera rounded to what the eye can tell here."""
    keys = {name: getattr(action, name) for name, *_ in _CAPS}
    return Action(
        **keys,
        attack=action.attack,
        use=action.use,
        pitch=float(round(action.pitch)),
        yaw=float(round(action.yaw)),
    )


def _draw_cap(surface: pygame.Surface, place: pygame.Rect, words: str, down: bool, scale: float) -> None:
    surface.blit(theme.rounded(place.size, theme.ACCENT if down else theme.PANEL, 7 * scale), place)
    size = (_LETTER if len(words) == 1 else _WORD) * scale
    size *= min(1.0, 0.9 * place.width / max(1.0, width_of(words, size)))
    face = theme.text(words, size, (16, 24, 12, 255) if down else theme.SOFT)
    surface.blit(face, face.get_rect(center=place.center))


def _draw_mouse(
    surface: pygame.Surface, action: Action, buttons: tuple[str, ...], pitch: int, gap: int, scale: float
) -> None:
    left, width = round(_MOUSE_LEFT * pitch), round(_MOUSE_WIDTH * pitch) - gap
    half = (width - gap) // 2
    for index, (name, words) in enumerate(zip(_BUTTONS, buttons, strict=True)):
        place = pygame.Rect(left + index * (half + gap), 0, half, pitch - gap)
        _draw_cap(surface, place, words, getattr(action, name), scale)
    pad = pygame.Rect(left, pitch, width, 2 * pitch - gap)
    surface.blit(theme.rounded(pad.size, theme.PANEL, 7 * scale), pad)
    surface.fill(theme.LINE, (pad.centerx, pad.top + 6, 1, pad.height - 12))
    surface.fill(theme.LINE, (pad.left + 6, pad.centery, pad.width - 12, 1))
    reach = 0.5 * min(pad.size) - 7 * scale
    right, down_ = (max(-1.0, min(1.0, degrees / _FULL_TURN)) * reach for degrees in (action.yaw, action.pitch))
    moving = bool(action.yaw or action.pitch)
    dot = theme.rounded((round(10 * scale), round(10 * scale)), theme.ACCENT if moving else theme.SOFT, 5 * scale)
    surface.blit(dot, dot.get_rect(center=(round(pad.centerx + right), round(pad.centery + down_))))
