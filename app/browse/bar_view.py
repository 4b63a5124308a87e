"""Draws the bar at the bottom: every key and what it does; each can be clicked."""

import pygame

from .. import theme
from .browser import Browser
from .layout import Do, Layout
from .redrawn import Redrawn

_GROUND: theme.Colour = (9, 12, 15, 255)


class BarView:
    """Draws the line of help."""

    def __init__(self, browser: Browser) -> None:
        """Draw what `browser` can do."""
        self._browser = browser
        self._bar = Redrawn()

    def surface(self, layout: Layout) -> pygame.Surface:
        """Return the bar, to be drawn at `layout.bar`."""
        browser = self._browser
        hovered = next((do for do, place in layout.buttons if place.collidepoint(browser.pointer.place)), None)
        lit = {
            Do.HANDS: browser.hands_shown,
            Do.DETAILS: browser.details_shown,
            Do.TAG: browser.typing is not None,
            Do.FILTER: browser.filtering is not None or bool(browser.clips.words),
            Do.PLAY: browser.head.playing,
        }
        state = (layout.size, hovered, tuple(lit.values()), browser.asked)
        return self._bar.surface(state, lambda: self._draw(layout, hovered, lit))

    def _draw(self, layout: Layout, hovered: Do | None, lit: dict[Do, bool]) -> pygame.Surface:
        surface = pygame.Surface(layout.bar.size, pygame.SRCALPHA)
        surface.fill(_GROUND)
        surface.fill(theme.LINE, (0, 0, layout.bar.width, 1))
        scale = layout.scale
        for do, place in layout.buttons:
            place = place.move(0, -layout.bar.top)
            if do is hovered:
                surface.blit(theme.rounded(place.size, theme.KEY, 7 * scale), place)
            key, words = do.value
            asked = do is Do.DELETE and self._browser.asked
            colour = theme.WARN if asked else theme.ACCENT if lit.get(do) else theme.SOFT
            name = theme.text(key, 15 * scale, (16, 24, 12, 255) if asked else theme.INK)
            what = theme.text(words, 17 * scale, colour)
            cap = pygame.Rect(0, 0, max(name.get_width() + round(10 * scale), round(20 * scale)), round(21 * scale))
            gap = round(6 * scale)
            cap.midleft = (place.centerx - (cap.width + gap + what.get_width()) // 2, place.centery)
            surface.blit(theme.rounded(cap.size, theme.WARN if asked else (255, 255, 255, 40), 5 * scale), cap)
            if do is Do.STEP:
                _draw_arrows(surface, cap)
            else:
                surface.blit(name, name.get_rect(center=cap.center))
            surface.blit(what, what.get_rect(midleft=(cap.right + gap, place.centery)))
        return surface


def _draw_arrows(surface: pygame.Surface, cap: pygame.Rect) -> None:
    """The two arrow keys: the font has no arrows."""
    reach, middle = max(2, cap.height // 5), cap.centery
    for direction in (-1, 1):
        near = cap.centerx + direction * max(2, reach // 2)
        corners = [(near, middle - reach), (near + direction * reach, middle), (near, middle + reach)]
        pygame.draw.polygon(surface, theme.INK, corners)
