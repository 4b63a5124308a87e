"""Surfaces that are drawn again only when what they show has changed."""

from collections.abc import Callable

import pygame


class Redrawn:
    """The last surface that was drawn, and what it shows."""

    def __init__(self) -> None:
        """Nothing is drawn yet."""
        self._state: object = None
        self._surface: pygame.Surface | None = None

    def surface(self, state: object, draw: Callable[[], pygame.Surface]) -> pygame.Surface:
        """Return the surface of `state`, drawn by `draw` unless it was the last one."""
        if self._surface is None or self._state != state:
            self._state, self._surface = state, draw()
        return self._surface
