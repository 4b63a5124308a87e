"""Draws the items of a page: rows with their controls, cards, headings, paragraphs."""

from collections.abc import Callable

import pygame

from .. import theme
from ..browse.words import chip, lines_of, shortened, width_of
from ..key_names import label
from .layout import ASPECT, WORDS_ROW, WORDS_SIZE, control_of, track_of
from .page import Card, Choice, Entry, Heading, Item, Keys, Slider, Switch, Value, Words
from .pictures import Pictures

_LABEL, _NOTE, _SMALL, _INSET = 24, 18, 17, 22
_DIM: theme.Colour = (112, 121, 119, 255)
_TRACK: theme.Colour = (255, 255, 255, 46)
_SHARED: theme.Colour = (242, 178, 84, 70)
_OVERSAMPLED = 4


def draw_item(
    surface: pygame.Surface, place: pygame.Rect, item: Item, selected: bool, scale: float, pictures: Pictures
) -> None:
    """Draw an item into its place."""
    if isinstance(item, Card):
        _draw_card(surface, place, item, selected, scale, pictures)
    elif isinstance(item, Entry):
        _draw_entry(surface, place, item, selected, scale)
    elif isinstance(item, Heading):
        _draw_heading(surface, place, item, scale)
    else:
        _draw_words(surface, place, item, scale)


def letters(points: float, scale: float) -> float:
    """Height of words in pixels: never too small to be read."""
    return max(13.0, points * scale)


def _draw_card(
    surface: pygame.Surface, place: pygame.Rect, card: Card, selected: bool, scale: float, pictures: Pictures
) -> None:
    around = place.inflate(round(10 * scale), round(8 * scale))
    if selected:
        surface.blit(theme.rounded(around.size, theme.HOVER, 10 * scale), around)
    inside = pygame.Rect(place.left, place.top, place.width, round(place.width * ASPECT))
    surface.blit(pictures.surface(card.picture, inside.size, 6 * scale, grey=bool(card.fault)), inside)
    if selected:
        frame = inside.inflate(round(4 * scale), round(4 * scale))
        pygame.draw.rect(surface, theme.ACCENT, frame, max(2, round(2.5 * scale)), border_radius=round(8 * scale))
    top = inside.bottom + round(7 * scale)
    left, room = inside.left + round(2 * scale), inside.width - round(4 * scale)
    if card.mark:
        here = chip(card.mark, letters(14, scale), theme.ACCENT, (16, 24, 12, 255))
        surface.blit(here, here.get_rect(topright=(inside.right - round(6 * scale), inside.top + round(6 * scale))))
    size, small = letters(20, scale), letters(15, scale)
    colour = _DIM if card.fault else theme.INK
    surface.blit(theme.text(shortened(card.label, size, room), size, colour), (left, top))
    note, colour = (card.note, theme.SOFT) if card.note else (card.fault, theme.WARN)
    if note:
        surface.blit(theme.text(shortened(note, small, room), small, colour), (left, top + round(20 * scale)))


def _draw_entry(surface: pygame.Surface, place: pygame.Rect, entry: Entry, selected: bool, scale: float) -> None:
    surface.blit(theme.rounded(place.size, theme.HOVER if selected else theme.KEY, 9 * scale), place)
    if selected:
        bar = pygame.Rect(0, 0, max(2, round(4 * scale)), round(place.height * 0.5))
        bar.midleft = (place.left + round(8 * scale), place.centery)
        surface.blit(theme.rounded(bar.size, theme.ACCENT, bar.width / 2), bar)
    control = control_of(place) if entry.control is not None else pygame.Rect(place.right, place.top, 0, 0)
    left, gap = place.left + round(_INSET * scale), round(16 * scale)
    size = letters(_LABEL, scale)
    label = shortened(entry.label, size, control.left - left - gap)
    face = theme.text(label, size, theme.INK)
    surface.blit(face, face.get_rect(midleft=(left, place.centery)))
    if entry.tag:
        tag = chip(entry.tag, letters(14, scale), theme.KEY, theme.SOFT)
        at = tag.get_rect(midleft=(left + face.get_width() + gap // 2, place.centery))
        if at.right <= control.left:
            surface.blit(tag, at)
    if entry.control is not None:
        _draw_control(surface, place, entry, selected, scale)
    elif entry.note or entry.warning:
        small = letters(_NOTE, scale)
        room = place.right - gap - (left + face.get_width() + gap)
        words = shortened(entry.warning or entry.note, small, room)
        note = theme.text(words, small, theme.WARN if entry.warning else theme.SOFT)
        surface.blit(note, note.get_rect(midright=(place.right - gap, place.centery)))


def _draw_control(surface: pygame.Surface, place: pygame.Rect, entry: Entry, selected: bool, scale: float) -> None:
    right, control = place.right - round(16 * scale), entry.control
    zone = control_of(place)
    zone.width = right - zone.left
    size = letters(20, scale)
    if isinstance(control, Switch):
        _draw_switch(surface, zone, control.on, scale)
    elif isinstance(control, Choice):
        arrow = letters(16, scale)
        colour = theme.ACCENT if selected else theme.SOFT
        words = theme.text(shortened(control.words, size, zone.width - 3 * arrow), size)
        surface.blit(words, words.get_rect(center=zone.center))
        for way, x in ((-1, zone.left + arrow / 2), (1, zone.right - arrow / 2)):
            draw_arrow(surface, (round(x), zone.centery), way, arrow * 0.62, colour)
    elif isinstance(control, Slider):
        _draw_slider(surface, track_of(place), control.share, selected, scale)
        words = theme.text(control.words, size)
        surface.blit(words, words.get_rect(midright=(right, place.centery)))
    elif isinstance(control, Keys):
        _draw_keys(surface, zone, control, scale)
    elif isinstance(control, Value):
        words = theme.text(shortened(control.words, size, zone.width), size, theme.SOFT)
        surface.blit(words, words.get_rect(midright=(right, place.centery)))


def _draw_switch(surface: pygame.Surface, zone: pygame.Rect, on: bool, scale: float) -> None:
    height = round(24 * scale)
    pill = pygame.Rect(0, 0, round(46 * scale), height)
    pill.midright = zone.midright
    surface.blit(theme.rounded(pill.size, theme.ACCENT if on else _TRACK, height / 2), pill)
    side = height - 2 * max(2, round(3 * scale))
    knob = theme.rounded((side, side), (16, 24, 12, 255) if on else theme.SOFT, side / 2)
    inset = (height - side) // 2
    surface.blit(knob, (pill.right - inset - side if on else pill.left + inset, pill.top + inset))
    words = theme.text("on" if on else "off", letters(20, scale), theme.INK if on else theme.SOFT)
    surface.blit(words, words.get_rect(midright=(pill.left - round(12 * scale), zone.centery)))


def _draw_slider(surface: pygame.Surface, track: pygame.Rect, share: float, selected: bool, scale: float) -> None:
    thick, side = max(4, round(6 * scale)), max(10, round(18 * scale))
    line = pygame.Rect(track.left, track.centery - thick // 2, track.width, thick)
    surface.blit(theme.rounded(line.size, _TRACK, thick / 2), line)
    filled = max(thick, round(track.width * share))
    surface.blit(theme.rounded((filled, thick), theme.ACCENT, thick / 2), line)
    knob = theme.rounded((side, side), theme.INK if selected else theme.SOFT, side / 2)
    surface.blit(knob, knob.get_rect(center=(track.left + round(track.width * share), track.centery)))


def _draw_keys(surface: pygame.Surface, zone: pygame.Rect, keys: Keys, scale: float) -> None:
    size, gap = letters(18, scale), round(7 * scale)
    if not keys.names:
        words = theme.text("none", size, _DIM)
        surface.blit(words, words.get_rect(midright=zone.midright))
        return
    right, rest = zone.right, len(keys.names)
    for name in reversed(keys.names):
        shared = name in keys.shared
        drawn = chip(label(name), size, _SHARED if shared else theme.KEY, theme.WARN if shared else theme.INK)
        if right - drawn.get_width() < zone.left + (width_of("+9", size) + gap if rest > 1 else 0):
            words = theme.text(f"+{rest}", size, theme.SOFT)
            surface.blit(words, words.get_rect(midright=(right, zone.centery)))
            return
        surface.blit(drawn, drawn.get_rect(midright=(right, zone.centery)))
        right, rest = right - drawn.get_width() - gap, rest - 1


def _draw_heading(surface: pygame.Surface, place: pygame.Rect, heading: Heading, scale: float) -> None:
    size, small, bottom = letters(24, scale), letters(17, scale), place.bottom - round(6 * scale)
    face = theme.text(shortened(heading.words, size, place.width), size, theme.INK)
    surface.blit(face, face.get_rect(bottomleft=(place.left, bottom)))
    left = place.left + face.get_width() + round(14 * scale)
    if heading.note and place.right - left > 3 * small:
        note = theme.text(shortened(heading.note, small, place.right - left), small, theme.SOFT)
        surface.blit(note, note.get_rect(bottomleft=(left, bottom - round(1 * scale))))


def _draw_words(surface: pygame.Surface, place: pygame.Rect, words: Words, scale: float) -> None:
    size = WORDS_SIZE * scale
    for number, line in enumerate(lines_of(words.text, size, place.width)):
        face = theme.text(line, size, theme.WARN if words.warning else theme.INK)
        surface.blit(face, (place.left, place.top + round((number * WORDS_ROW + 4) * scale)))


def draw_arrow(surface: pygame.Surface, centre: tuple[int, int], way: int, size: float, colour: theme.Colour) -> None:
    """Draw a smooth arrowhead to the left (-1) or right (1)."""
    side = max(4, round(size))
    large = pygame.Surface((side * _OVERSAMPLED, side * _OVERSAMPLED), pygame.SRCALPHA)
    large.fill((*colour[:3], 0))
    point: Callable[[float, float], tuple[float, float]] = lambda x, y: (  # noqa: E731 - mirrors the arrow
        (0.5 + way * (x - 0.5)) * large.get_width(),
        y * large.get_height(),
    )
    pygame.draw.polygon(large, colour, [point(0.2, 0), point(0.85, 0.5), point(0.2, 1)])
    small = pygame.transform.smoothscale(large, (side, side))
    surface.blit(small, small.get_rect(center=centre))
