"""Whether a sentence stands on a screen: what the player draws of it is looked for, pixel by pixel."""

import numpy as np
import numpy.typing as npt
import pygame

from app import theme
from app.bubble import bubble
from app.room import SAID, room_of
from app.toasts import Toasts

from .display import SIZE, Screenshot

_LIKE, _ENOUGH = 30, 0.85  # how far from the colour of words, and how much of them has to be there


def shows_toast(seen: Screenshot, sentence: str, window: tuple[int, int] = SIZE) -> bool:
    """Whether the sentence is said, in words of their usual size, in a window as large as what is `seen`."""
    toasts = Toasts(lambda: None, clock=lambda: 0.0)
    toasts.say(sentence)
    (sprite,) = toasts.sprites(room_of(window, SAID), 0.0, theme.text_scale_of(window, 1.0))
    return shows(seen, sprite.surface, theme.INK)


def shows_banner(seen: Screenshot, sentence: str, colour: theme.Colour = theme.INK, *, text_scale: float = 1.0) -> bool:
    """Whether the sentence stands over the picture, in words of that colour and size."""
    scale = theme.text_scale_of(SIZE, text_scale)
    return shows(seen, bubble(sentence, 24 * scale, room_of(SIZE).width, colour), colour)


def shows(seen: Screenshot, drawn: pygame.Surface, colour: theme.Colour) -> bool:
    """Whether something drawn in a colour is anywhere on the screen: nearly all of it, and nothing else between it."""
    pixels = pygame.surfarray.array3d(drawn).swapaxes(0, 1)
    wanted = _like(pixels, colour, _LIKE) & (pygame.surfarray.array_alpha(drawn).T > 250)
    sought = np.where(wanted, 1.0, -1.0)
    sought[_like(pixels, colour, 2 * _LIKE) & ~wanted] = 0.0  # the edges of letters may be seen so or so
    shape = seen.shape[:2]
    spectrum = np.fft.rfft2(_like(seen, colour, _LIKE).astype(np.float64)) * np.conj(np.fft.rfft2(sought, shape))
    return bool(np.fft.irfft2(spectrum, shape).max() > _ENOUGH * wanted.sum() > 0)


def _like(picture: npt.NDArray[np.uint8], colour: theme.Colour, within: int) -> npt.NDArray[np.bool_]:
    distance: npt.NDArray[np.int16] = np.abs(picture.astype(np.int16) - np.array(colour[:3], np.int16)).max(axis=2)
    return distance <= within
