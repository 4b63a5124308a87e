"""Draws what stands over the picture: details, the field for a tag, and what is said."""

import pygame

from model.actions import KEYS
from model.footage.clip import Details, Known

from .. import theme
from ..picture import Sprite
from .browser import Browser
from .layout import Layout
from .redrawn import Redrawn
from .words import chip, clock, lines_of, shortened

_WIDTH, _ROW, _PAD = 400, 22, 16
_NAMES = 86  # width of the names of the details


class Overlays:
    """Draws panels over the picture."""

    def __init__(self, browser: Browser, size: tuple[int, int]) -> None:
        """Draw for clips of frames of `size` (height, width)."""
        self._browser, self._size = browser, size
        self._details, self._tags, self._toast, self._notice = Redrawn(), Redrawn(), Redrawn(), Redrawn()

    def details(self, layout: Layout, details: Details | None, known: Known | None, digest: str) -> list[Sprite]:
        """What is known of the clip (F3)."""
        browser = self._browser
        if not browser.details_shown or browser.clip is None:
            return []
        rows = self._rows(details or Details(), known, digest)
        edge = round(16 * layout.scale)
        width = min(round(_WIDTH * layout.scale), layout.picture.width - 2 * edge)
        surface = self._details.surface((rows, width), lambda: _draw_rows(rows, width, layout.scale))
        return [Sprite("details", surface, (layout.picture.right - edge - width, edge))]

    def tag_panel(self, layout: Layout) -> list[Sprite]:
        """The field in which a tag is typed, and the tags at hand."""
        browser = self._browser
        if browser.typing is None:
            return []
        place = layout.tag_panel(len(browser.tags.recent))
        rows = layout.tag_rows(len(browser.tags.recent))
        hovered = next((n for n, row in enumerate(rows) if row.collidepoint(browser.pointer.place)), None)
        state = (layout.size, browser.typing.text, tuple(browser.tags.recent), browser.edit.tags, hovered)
        return [Sprite("tags", self._tags.surface(state, lambda: self._draw_tags(layout, hovered)), place.topleft)]

    def toast(self, layout: Layout, now: float) -> list[Sprite]:
        """What was said last, while it is to be seen."""
        words, warning = self._browser.said(now)
        if not words:
            return []
        state = (layout.size, words, warning)
        surface = self._toast.surface(state, lambda: _draw_said(words, warning, layout))
        left = layout.picture.centerx - surface.get_width() // 2
        return [Sprite("toast", surface, (left, round(16 * layout.scale)))]

    def notice(self, layout: Layout, fault: str) -> list[Sprite]:
        """What is there to be said of the picture: that it is cut off, cannot be shown, or that there is none."""
        browser, centre = self._browser, layout.picture.center
        words, top = "", layout.picture.bottom - round(30 * layout.scale)
        if browser.clip is None:
            words = "no clip fits the filter" if browser.clips.left else "no clips left in this folder"
            top = centre[1]
        elif fault:
            surface = self._notice.surface((layout.size, fault), lambda: _draw_said(fault, True, layout))
            return [Sprite("notice", surface, surface.get_rect(center=centre).topleft)]
        elif browser.head.frame not in browser.kept:
            words = "cut off"
        if not words:
            return []
        surface = self._notice.surface((layout.size, words), lambda: chip(words, 20 * layout.scale, theme.PANEL))
        return [Sprite("notice", surface, surface.get_rect(center=(centre[0], top)).topleft)]

    def _rows(self, details: Details, known: Known | None, digest: str) -> tuple[tuple[str, str], ...]:
        browser, clip = self._browser, self._browser.clip
        assert clip is not None
        frame = browser.head.frame
        names = (*KEYS, "pitch", "yaw")
        missing = [] if known is None else [name for name, there in zip(names, known, strict=True) if not there]
        recorded = "all keys and the camera" if not missing else f"without {', '.join(missing)}"
        length = f"{browser.counts[clip]:,} frames, {clock(browser.counts[clip], browser.fps)}"
        rows = (
            ("clip", browser.names[clip]),
            ("length", length),
            ("picture", f"{self._size[1]} x {self._size[0]}, {browser.fps:g} frames/s"),
            ("biome", details.biome),
            ("weather", details.weather),
            ("time", details.time),
            ("prompt", details.prompt(frame, frame + 1)),
            ("tags", ", ".join((*details.tags, *(tag for tag in browser.edit.tags if tag not in details.tags)))),
            ("hands", recorded),
            ("digest", f"{digest[:24]}" if digest else "being read"),
        )
        return tuple((name, words) for name, words in rows if words)

    def _draw_tags(self, layout: Layout, hovered: int | None) -> pygame.Surface:
        browser, scale = self._browser, layout.scale
        assert browser.typing is not None and browser.clip is not None
        place = layout.tag_panel(len(browser.tags.recent))
        surface = theme.rounded(place.size, (17, 22, 26, 255), 12 * scale, theme.LINE).copy()  # others may lie below
        pad = round(_PAD * scale)
        field = pygame.Rect(pad, round(38 * scale), place.width - 2 * pad, round(38 * scale))
        title = f"tag {browser.names[browser.clip]}"
        surface.blit(theme.text(shortened(title, 18 * scale, field.width), 18 * scale, theme.SOFT), (pad, pad))
        surface.blit(theme.rounded(field.size, (0, 0, 0, 120), 8 * scale, theme.ACCENT), field)
        typed = browser.typing.text
        room = field.width - round(24 * scale)
        words = shortened(typed, 21 * scale, room) + "|" if typed else "|  a name, then Enter"
        face = theme.text(words, 21 * scale, theme.INK if typed else theme.SOFT)
        surface.blit(face, face.get_rect(midleft=(field.left + round(12 * scale), field.centery)))
        for number, row in enumerate(layout.tag_rows(len(browser.tags.recent))):
            row = row.move(-place.left, -place.top)
            if number == hovered:
                surface.blit(theme.rounded(row.size, theme.KEY, 6 * scale), row)
            tag = browser.tags.recent[number]
            has = tag in browser.edit.tags
            digit = chip(str(number + 1), 15 * scale, theme.ACCENT if has else theme.KEY,
                         (16, 24, 12, 255) if has else theme.SOFT)  # fmt: skip
            surface.blit(digit, digit.get_rect(midleft=(row.left + round(6 * scale), row.centery)))
            name = theme.text(
                shortened(tag, 19 * scale, row.width * 0.8), 19 * scale, theme.ACCENT if has else theme.INK
            )
            surface.blit(name, name.get_rect(midleft=(row.left + round(38 * scale), row.centery)))
        return surface


def _draw_rows(rows: tuple[tuple[str, str], ...], width: int, scale: float) -> pygame.Surface:
    pad, size = round(_PAD * scale), 18 * scale
    left = pad + round(_NAMES * scale)
    broken = [(name, lines_of(words, size, width - left - pad, 5)) for name, words in rows]
    row = _ROW * scale
    height = round(sum(len(lines) for _, lines in broken) * row + 2 * pad)
    surface = theme.panel((width, height), 12 * scale)
    top = float(pad)
    for name, lines in broken:
        surface.blit(theme.text(name, size, theme.SOFT), (pad, round(top)))
        for line in lines:
            surface.blit(theme.text(line, size), (left, round(top)))
            top += row
    return surface


def _draw_said(words: str, warning: bool, layout: Layout) -> pygame.Surface:
    scale = layout.scale
    size, pad = 20 * scale, round(16 * scale)
    lines = lines_of(words, size, layout.picture.width * 0.84 - 2 * pad)
    faces = [theme.text(line, size, theme.WARN if warning else theme.INK) for line in lines]
    width = max(face.get_width() for face in faces) + 2 * pad
    row = round(24 * scale)
    surface = theme.panel((width, row * len(faces) + round(20 * scale)), 14 * scale)
    for number, face in enumerate(faces):
        surface.blit(face, face.get_rect(center=(width // 2, round(10 * scale) + number * row + row // 2)))
    return surface
