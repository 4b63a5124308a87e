"""What words are drawn."""

from collections.abc import Iterator
from contextlib import contextmanager

import pygame
import pytest

from app import hud, theme
from app.hands_view import draw_hands


@contextmanager
def reading() -> Iterator[list[str]]:
    """Collect every line of words that is drawn, in the order of drawing; fonts are there meanwhile."""
    said: list[str] = []
    draw = theme.text

    def text(words: str, size: float, colour: theme.Colour = theme.INK) -> pygame.Surface:
        said.append(words)
        return draw(words, size, colour)

    pygame.font.init()
    draw_hands.cache_clear()  # hands that were drawn before would say nothing
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theme, "text", text)
        patch.setattr(hud, "_words", hud._words.__wrapped__)
        yield said
    draw_hands.cache_clear()
    theme.font.cache_clear()  # a font does not outlive the library
    pygame.font.quit()
