"""Draws the page that is open: its ground, head, items, keys, and a question over it."""

import pygame

from .. import theme
from ..browse.redrawn import Redrawn
from ..browse.words import chip, lines_of, shortened
from ..picture import Sprite
from .asking import Asking, Typing
from .items_view import draw_item, letters
from .layout import Layout
from .menu import Menu
from .page import Entry, Page, Width
from .pictures import Pictures

_GROUND = (8, 11, 14)
_DIALOG: theme.Colour = (17, 22, 26, 255)
_DIALOG_SIZE = 460, 190
_BEHIND = 0.45  # how much is seen of a page behind a question


class MenuView:
    """Draws a menu when something about it changed."""

    def __init__(self, menu: Menu) -> None:
        """Draw `menu`."""
        self.pictures = Pictures()
        self._menu = menu
        self._page, self._dialog = Redrawn(), Redrawn()

    def sprites(self) -> list[Sprite]:
        """Return what is to be seen of the menu."""
        menu = self._menu
        if not menu.is_open:
            return []
        layout = menu.layout
        state = (menu.page, menu.selected, menu.top, menu.by_pad, menu.can_go_back, layout.window, layout.scale)
        behind = _BEHIND if menu.asking is not None else 1.0
        sprites = [Sprite("menu", self._page.surface(state, self._draw), layout.panel.topleft, behind)]
        if menu.asking is not None:
            sprites.append(self._question(menu.asking, layout))
        return sprites

    def _draw(self) -> pygame.Surface:
        menu, layout = self._menu, self._menu.layout
        page, scale, corner = menu.page, layout.scale, layout.panel.topleft
        surface = _ground(page, layout)
        _draw_head(surface, page, layout)
        body = layout.body.move(-corner[0], -corner[1])
        surface.set_clip(body.inflate(0, round(10 * scale)))  # a selected card reaches a little beyond its place
        for index, item in enumerate(page.items):
            place = layout.place(index, menu.top).move(-corner[0], -corner[1])
            if place.inflate(0, place.height // 4).colliderect(body):
                draw_item(surface, place, item, index == menu.selected, scale, self.pictures)
        surface.set_clip(None)
        _draw_scroll(surface, body, layout, menu.top)
        if page.items:
            item = page.items[menu.selected]
            if isinstance(item, Entry) and layout.strip.height:
                _draw_note(surface, item, layout)
        self._draw_foot(surface, layout)
        return surface

    def _draw_foot(self, surface: pygame.Surface, layout: Layout) -> None:
        """Keys of the page, as those of the device that was used last; the way back is at the right, to be clicked."""
        menu, scale, corner = self._menu, layout.scale, layout.panel.topleft
        foot = layout.foot.move(-corner[0], -corner[1])
        size = letters(15, scale)
        if menu.can_go_back:
            back = layout.back.move(-corner[0], -corner[1])
            _draw_hint(surface, back.midright, "B" if menu.by_pad else "Esc", "back", size, right=True)
            foot.width -= back.width
        left = foot.left
        hints = (("Enter", "A", "choose"), *menu.page.hints)
        for keyboard, pad, words in hints:
            width = _draw_hint(None, (0, 0), pad if menu.by_pad else keyboard, words, size)
            if left + width > foot.right:
                break
            _draw_hint(surface, (left, foot.centery), pad if menu.by_pad else keyboard, words, size)
            left += width + round(16 * scale)

    def _question(self, asking: Asking, layout: Layout) -> Sprite:
        typed = asking.field.text if isinstance(asking, Typing) else ""
        state = (id(asking), typed, self._menu.by_pad, layout.window, layout.scale)
        surface = self._dialog.surface(state, lambda: _draw_question(asking, typed, layout))
        return Sprite("question", surface, surface.get_rect(center=layout.panel.center).topleft)


def _ground(page: Page, layout: Layout) -> pygame.Surface:
    if page.width is not Width.FULL:
        return theme.panel(layout.panel.size, 16 * layout.scale)
    # darkest at the head and under the cards, so that the place behind it is seen between
    column = pygame.Surface((1, 5), pygame.SRCALPHA)
    for row, alpha in enumerate((225, 150, 120, 160, 235)):
        column.set_at((0, row), (*_GROUND, alpha))
    return pygame.transform.smoothscale(column, layout.panel.size)


def _draw_head(surface: pygame.Surface, page: Page, layout: Layout) -> None:
    scale = layout.scale
    left = layout.foot.left - layout.panel.left
    room = layout.foot.width
    head = layout.body.top - layout.panel.top
    full = page.width is Width.FULL and head > 100 * scale
    size, small = (78 * scale, 21 * scale) if full else (34 * scale, letters(17, scale))
    face = theme.text(shortened(page.title, size, room), size)
    top = round(head * 0.5) - round(size * (0.42 if page.note else 0.3))
    surface.blit(face, (left, top))
    if page.note:
        note = theme.text(shortened(page.note, small, room), small, theme.SOFT)
        surface.blit(note, (left + round(2 * scale), top + round(size * 0.78)))


def _draw_scroll(surface: pygame.Surface, body: pygame.Rect, layout: Layout, top: int) -> None:
    if not layout.furthest:
        return
    whole = body.height + layout.furthest
    height = max(round(24 * layout.scale), round(body.height * body.height / whole))
    down = round((body.height - height) * top / layout.furthest)
    width = max(3, round(5 * layout.scale))
    bar = theme.rounded((width, height), (255, 255, 255, 80), width / 2)
    surface.blit(bar, (body.right - width, body.top + down))


def _draw_note(surface: pygame.Surface, entry: Entry, layout: Layout) -> None:
    place = layout.strip.move(-layout.panel.left, -layout.panel.top)
    size = letters(17, layout.scale)
    words = shortened(entry.warning or entry.note, size, place.width)
    face = theme.text(words, size, theme.WARN if entry.warning else theme.SOFT)
    surface.blit(face, face.get_rect(midleft=place.midleft))


def _draw_hint(
    surface: pygame.Surface | None, at: tuple[int, int], key: str, words: str, size: float, *, right: bool = False
) -> int:
    """Draw a key and what it does, from or up to a place at half height; returns how wide that is."""
    cap, face = chip(key, size, theme.KEY, theme.SOFT), theme.text(words, size, theme.SOFT)
    gap = round(size * 0.45)
    width = cap.get_width() + gap + face.get_width()
    if surface is not None:
        left = at[0] - width if right else at[0]
        surface.blit(cap, cap.get_rect(midleft=(left, at[1])))
        surface.blit(face, face.get_rect(midleft=(left + cap.get_width() + gap, at[1])))
    return width


def _draw_question(asking: Asking, typed: str, layout: Layout) -> pygame.Surface:
    scale = layout.scale
    width = min(round(_DIALOG_SIZE[0] * scale), layout.window[0] - round(20 * scale))
    surface = theme.rounded((width, round(_DIALOG_SIZE[1] * scale)), _DIALOG, 14 * scale, theme.LINE).copy()
    pad = round(26 * scale)
    room, middle = width - 2 * pad, width // 2
    size, small = 30 * scale, letters(18, scale)
    title = theme.text(shortened(asking.title, size, room), size)
    surface.blit(title, title.get_rect(midtop=(middle, round(26 * scale))))
    lines = lines_of(asking.note, small, room, 2)
    for number, line in enumerate(lines):
        note = theme.text(line, small, theme.SOFT)
        surface.blit(note, note.get_rect(midtop=(middle, round((62 + 22 * number) * scale))))
    field = pygame.Rect(pad, round(124 * scale), room, round(42 * scale))
    if isinstance(asking, Typing):
        surface.blit(theme.rounded(field.size, (0, 0, 0, 120), 8 * scale, theme.ACCENT), field)
        words = theme.text(shortened(typed, 23 * scale, room - pad) + "|", 23 * scale)
        surface.blit(words, words.get_rect(midleft=(field.left + round(14 * scale), field.centery)))
    else:
        side = round(9 * scale)
        for number in range(3):
            dot = theme.rounded((side, side), theme.ACCENT, side / 2)
            surface.blit(dot, dot.get_rect(center=(middle + round((number - 1) * 22 * scale), field.centery)))
    return surface
