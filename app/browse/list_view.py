"""Draws the list of clips: a field to filter it, and a card for each clip that is in sight."""

import numpy as np
import pygame

from model.footage.edits import Edit

from .. import theme
from .background import Background
from .browser import Browser
from .layout import Layout
from .redrawn import Redrawn
from .words import chip, clock, shortened

GROUND: theme.Colour = (15, 19, 23, 255)
TAG: theme.Colour = (140, 205, 96, 60)
_MOST_CARDS = 200


class ListView:
    """Draws the panel on the left."""

    def __init__(self, title: str, browser: Browser, background: Background) -> None:
        """Draw the clips of `browser`, with small pictures from `background`."""
        self._title, self._browser, self._background = title, browser, background
        self._panel = Redrawn()
        self._cards: dict[object, pygame.Surface] = {}

    def in_sight(self, layout: Layout) -> tuple[int, ...]:
        """Clips of which a card is seen."""
        first = int(self._browser.clips.top)
        return self._browser.clips.shown[first : int(self._browser.clips.top + layout.rows) + 1]

    def surface(self, layout: Layout) -> pygame.Surface:
        """Return the panel, to be drawn at `layout.listing`."""
        browser, clips = self._browser, self._browser.clips
        hovered = layout.card_at(browser.pointer.place, clips.top)
        typed = browser.filtering.text if browser.filtering is not None else None
        cards = tuple(self._card_state(clip, row, hovered, layout) for row, clip in self._rows(layout))
        state = (layout.size, clips.top, clips.shown, clips.left, typed, clips.words, cards)
        return self._panel.surface(state, lambda: self._draw(layout, typed, cards))

    def _rows(self, layout: Layout) -> list[tuple[int, int]]:
        first = int(self._browser.clips.top)
        return [(first + row, clip) for row, clip in enumerate(self.in_sight(layout))]

    def _card_state(
        self, clip: int, row: int, hovered: int | None, layout: Layout
    ) -> tuple[int, Edit, bool, bool, bool, tuple[int, int]]:
        chosen = clip == self._browser.clip
        edit = self._browser.edit if chosen else self._browser.editor.edit_of(clip)
        return clip, edit, chosen, row == hovered, self._background.small(clip) is not None, layout.size

    def _draw(
        self, layout: Layout, typed: str | None, cards: tuple[tuple[int, Edit, bool, bool, bool, tuple[int, int]], ...]
    ) -> pygame.Surface:
        surface = pygame.Surface(layout.listing.size, pygame.SRCALPHA)
        surface.fill(GROUND)
        clips = self._browser.clips
        top = layout.cards.top - round(clips.top % 1 * layout.card)
        for place, state in enumerate(cards):
            surface.blit(self._card(state, layout), (layout.cards.left, top + place * layout.card))
        if not cards:
            words = "no clip fits" if clips.left else "no clips left"
            face = theme.text(words, 20 * layout.scale, theme.SOFT)
            surface.blit(
                face, face.get_rect(midtop=(layout.cards.centerx, layout.cards.top + round(20 * layout.scale)))
            )
        surface.fill(GROUND, (0, 0, layout.listing.width, layout.cards.top - 2))
        self._draw_head(surface, layout)
        _draw_search(surface, layout, typed, clips.words)
        self._draw_scroll(surface, layout)
        surface.fill(theme.LINE, (layout.listing.right - 1, 0, 1, layout.listing.height))
        return surface

    def _draw_head(self, surface: pygame.Surface, layout: Layout) -> None:
        scale, clips = layout.scale, self._browser.clips
        room = layout.search.width
        title = theme.text(shortened(self._title, 27 * scale, room), 27 * scale)
        surface.blit(title, (layout.search.left, round(12 * scale)))
        count = "1 clip" if len(clips.left) == 1 else f"{len(clips.left):,} clips"
        if len(clips.shown) != len(clips.left):
            count = f"{len(clips.shown):,} of {count}"
        frames = sum(self._browser.counts[clip] for clip in clips.left)
        seconds = frames / self._browser.fps
        length = f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
        note = theme.text(shortened(f"{count}, {frames:,} frames, {length}", 16 * scale, room), 16 * scale, theme.SOFT)
        surface.blit(note, (layout.search.left, round(36 * scale)))

    def _draw_scroll(self, surface: pygame.Surface, layout: Layout) -> None:
        count, rows = len(self._browser.clips.shown), layout.rows
        if count <= rows:
            return
        room = layout.cards.height - 4
        height = max(round(18 * layout.scale), round(room * rows / count))
        down = round((room - height) * self._browser.clips.top / (count - rows))
        width = max(2, round(4 * layout.scale))
        bar = theme.rounded((width, height), (255, 255, 255, 60), width / 2)
        surface.blit(bar, (layout.listing.right - width - 2, layout.cards.top + down))

    def _card(self, state: tuple[int, Edit, bool, bool, bool, tuple[int, int]], layout: Layout) -> pygame.Surface:
        if state not in self._cards:
            while len(self._cards) >= _MOST_CARDS:
                del self._cards[next(iter(self._cards))]
            self._cards[state] = self._draw_card(*state[:4], layout)
        return self._cards[state]

    def _draw_card(self, clip: int, edit: Edit, chosen: bool, hovered: bool, layout: Layout) -> pygame.Surface:
        scale = layout.scale
        surface = theme.blank((layout.cards.width, layout.card))
        gap = round(5 * scale)
        place = surface.get_rect().inflate(-2 * gap, -gap)
        if chosen or hovered:
            surface.blit(theme.rounded(place.size, theme.HOVER if chosen else theme.KEY, 8 * scale), place)
        if chosen:
            bar = pygame.Rect(place.left, place.top + gap, max(2, round(3 * scale)), place.height - 2 * gap)
            surface.fill(theme.ACCENT, bar)
        height = place.height - 2 * gap
        thumb = pygame.Rect(place.left + round(9 * scale), place.top + gap, round(height * 1.6), height)
        self._draw_small(surface, clip, thumb)
        left = thumb.right + round(10 * scale)
        room = place.right - left - gap
        name = shortened(self._browser.names[clip], 18 * scale, room)
        surface.blit(theme.text(name, 18 * scale, theme.INK if chosen else (214, 219, 215, 255)), (left, thumb.top))
        count = self._browser.counts[clip]
        kept = len(edit.kept(count))
        about = f"{count:,} frames  {clock(count, self._browser.fps)}"
        colour = theme.SOFT
        if kept != count:
            about, colour = (f"keeps {kept:,} of {count:,}", theme.ACCENT) if kept else ("left out", theme.WARN)
        note = theme.text(shortened(about, 15 * scale, room), 15 * scale, colour)
        surface.blit(note, (left, thumb.top + round(20 * scale)))
        draw_tags(surface, edit.tags, pygame.Rect(left, thumb.top + round(38 * scale), room, 0), 14 * scale)
        return surface

    def _draw_small(self, surface: pygame.Surface, clip: int, place: pygame.Rect) -> None:
        small = self._background.small(clip)
        surface.fill((0, 0, 0, 120), place)
        if small is None:
            return
        picture = pygame.surfarray.make_surface(np.ascontiguousarray(small.swapaxes(0, 1)))
        inside = picture.get_rect().fit(place)
        surface.blit(pygame.transform.smoothscale(picture, inside.size), inside)


def draw_tags(surface: pygame.Surface, tags: tuple[str, ...], place: pygame.Rect, size: float) -> None:
    """Draw tags from the left of `place` on; what has no room is counted."""
    left = place.left
    for number, tag in enumerate(tags):
        drawn = chip(shortened(tag, size, place.width / 2), size, TAG)
        more = chip(f"+{len(tags) - number}", size, theme.KEY)
        last = number == len(tags) - 1
        if left + drawn.get_width() + (0 if last else more.get_width() + size / 3) > place.right:
            surface.blit(more, (left, place.top))
            return
        surface.blit(drawn, (left, place.top))
        left += drawn.get_width() + round(size / 3)


def _draw_search(surface: pygame.Surface, layout: Layout, typed: str | None, words: str) -> None:
    scale, place = layout.scale, layout.search
    edge = theme.ACCENT if typed is not None else theme.LINE
    surface.blit(theme.rounded(place.size, (0, 0, 0, 90), 8 * scale, edge), place)
    size = 18 * scale
    room = place.width - round(24 * scale)
    if typed is not None:
        face = theme.text(_end_of(typed, size, room) + "|", size)
    elif words:
        face = theme.text(shortened(words, size, room), size, theme.ACCENT)
    else:
        face = theme.text("filter by name or tag  ( / )", size, (120, 130, 128, 255))
    surface.blit(face, face.get_rect(midleft=(place.left + round(12 * scale), place.centery)))


def _end_of(words: str, size: float, room: float) -> str:
    """The part of a typed line that is seen: its end."""
    while words and theme.text(words + "|", size).get_width() > room:
        words = words[1:]
    return words
