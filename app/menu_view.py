"""Draws the menu: a list of entries, or cards with the pictures of the scenes."""

from collections.abc import Sequence
from pathlib import Path

import pygame

from model.world_spec import Scene

from . import theme
from .menu import ASPECT, MAIN_ENTRIES, Kind, Layout, Menu, Page

_NOTES = {
    Kind.RESET: "begin this scene again",
    Kind.SCENES: "begin somewhere else",
    Kind.RECORD: "start or stop, also R",
}


class MenuView:
    """Draws a menu when something about it changed."""

    def __init__(self, title: str, scenes: Sequence[Scene]) -> None:
        """Draw for a world of that title; a scene's picture is read when its page opens."""
        self._title = title
        self._scenes = tuple(scenes)
        self._pictures: dict[Path, pygame.Surface | None] = {}
        self._drawn: tuple[object, pygame.Surface] | None = None

    def surface(self, menu: Menu, layout: Layout) -> pygame.Surface:
        """Return the panel, to be drawn at `layout.panel`."""
        state = (menu.page, menu.selected, layout)
        if self._drawn is None or self._drawn[0] != state:
            self._drawn = (state, self._draw(menu, layout))
        return self._drawn[1]

    def _draw(self, menu: Menu, layout: Layout) -> pygame.Surface:
        surface = theme.panel(layout.panel.size, 16 * layout.scale)
        scenes = menu.page is Page.SCENES
        _draw_head(
            surface,
            "Scenes" if scenes else self._title,
            "choose where to begin" if scenes else "paused",
            layout.scale,
        )
        for index, place in enumerate(layout.entries):
            inside = place.move(-layout.panel.left, -layout.panel.top)
            if scenes:
                self._draw_card(surface, inside, self._scenes[index], index == menu.selected, layout.scale)
            else:
                _draw_entry(surface, inside, MAIN_ENTRIES[index], index == menu.selected, layout.scale)
        return surface

    def _draw_card(
        self, surface: pygame.Surface, place: pygame.Rect, scene: Scene, selected: bool, scale: float
    ) -> None:
        if selected:
            around = place.inflate(round(12 * scale), round(12 * scale))
            surface.blit(theme.rounded(around.size, theme.HOVER, 10 * scale), around)
        inside = pygame.Rect(place.left, place.top, place.width, round(place.width * ASPECT))
        picture = self._picture(scene.picture)
        if picture is None:
            surface.fill(theme.KEY, inside)
        else:
            surface.blit(pygame.transform.smoothscale(picture, inside.size), inside)
        if selected:
            pygame.draw.rect(surface, theme.ACCENT, inside.inflate(2, 2), max(2, round(2 * scale)))
        words = theme.text(scene.title, 21 * scale, theme.INK if selected else theme.SOFT)
        middle = (place.centerx, (inside.bottom + place.bottom) // 2 + round(2 * scale))
        surface.blit(words, words.get_rect(center=middle))

    def _picture(self, path: Path) -> pygame.Surface | None:
        if path not in self._pictures:
            self._pictures[path] = load_picture(path)
        return self._pictures[path]


def load_picture(path: Path) -> pygame.Surface | None:
    """Return a picture file as a surface, or None if it cannot be read: the session will say why."""
    try:
        picture = pygame.image.load(path)
    except (pygame.error, OSError):
        return None
    opaque = pygame.Surface(picture.get_size(), 0, 24)
    opaque.blit(picture, (0, 0))
    return opaque


def _draw_head(surface: pygame.Surface, title: str, note: str, scale: float) -> None:
    face = theme.text(title, 40 * scale)
    middle = surface.get_width() // 2
    surface.blit(face, face.get_rect(midtop=(middle, round(24 * scale))))
    if note:
        words = theme.text(note, 19 * scale, theme.SOFT)
        surface.blit(words, words.get_rect(midtop=(middle, round(58 * scale))))


def _draw_entry(surface: pygame.Surface, place: pygame.Rect, kind: Kind, selected: bool, scale: float) -> None:
    surface.blit(theme.rounded(place.size, theme.HOVER if selected else theme.KEY, 10 * scale), place)
    if selected:
        bar = pygame.Rect(place.left, place.top, max(2, round(4 * scale)), place.height).inflate(0, -round(20 * scale))
        surface.blit(theme.rounded(bar.size, theme.ACCENT, 2 * scale), bar.move(round(8 * scale), 0))
    face = theme.text(kind.value, 27 * scale, theme.INK)
    left = place.left + round(24 * scale)
    surface.blit(face, face.get_rect(midleft=(left, place.centery)))
    if kind in _NOTES:
        note = theme.text(_NOTES[kind], 18 * scale, theme.SOFT)
        surface.blit(note, note.get_rect(midright=(place.right - round(18 * scale), place.centery)))
