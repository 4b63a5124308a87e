"""Draws what lies under the picture: time, cut, what the hands did in every frame, and the playhead."""

import numpy as np
import pygame

from model.actions import DEGREES_PER_UNIT, KEYS
from model.footage.clip import Actions
from model.footage.edits import Edit

from .. import theme
from ..picture import Sprite
from .background import Facts
from .browser import Browser
from .layout import Layout
from .list_view import GROUND, draw_tags
from .redrawn import Redrawn
from .words import clock

_WALK: theme.Colour = (140, 205, 96, 255)
_MOVE: theme.Colour = (96, 178, 224, 255)
_HAND: theme.Colour = (242, 178, 84, 255)
_COLOURS = {**dict.fromkeys(KEYS[:4], _WALK), **dict.fromkeys(KEYS[4:7], _MOVE), **dict.fromkeys(KEYS[7:], _HAND)}
_YAW, _PITCH = _WALK, (206, 150, 232, 255)
_FULL_TURN = 12.0  # degrees in a frame that reach the edge, as on the hands
_TICK_PIXELS = 70  # between two times that are written out, at least
_NICE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600)
_CUT: theme.Colour = (8, 10, 12, 190)
_LANES: tuple[theme.Colour, theme.Colour] = ((27, 32, 36, 255), (33, 39, 43, 255))


class TimelineView:
    """Draws the panel under the picture."""

    def __init__(self, browser: Browser) -> None:
        """Draw the clip that `browser` looks at."""
        self._browser = browser
        self._panel, self._info = Redrawn(), Redrawn()
        self._head: dict[tuple[int, int, theme.Colour], pygame.Surface] = {}

    def sprites(self, layout: Layout, facts: Facts | None) -> list[Sprite]:
        """Return the panel and what moves on it."""
        browser = self._browser
        panel = self._panel.surface(
            (layout.size, browser.clip, browser.edit, facts is not None), lambda: self._draw(layout, facts)
        )
        info_state = (layout.size, browser.clip, browser.edit, browser.head.frame, browser.head.playing)
        info = self._info.surface(info_state, lambda: self._draw_info(layout))
        sprites = [Sprite("lower", panel, layout.lower.topleft), Sprite("info", info, layout.info.topleft)]
        if browser.clip is None:
            return sprites
        count, place = browser.head.count, browser.pointer.place
        if layout.timeline.collidepoint(place):
            ghost = self._line(layout, (255, 255, 255, 70), knob=False)
            left = layout.x_of(layout.frame_at(place[0], count) + 0.5, count)
            sprites.append(Sprite("ghost", ghost, (left - ghost.get_width() // 2, layout.scrub.top)))
        line = self._line(layout, theme.INK, knob=True)
        left = layout.x_of(browser.head.frame + 0.5, count)
        knob = line.get_width() // 2
        sprites.append(Sprite("playhead", line, (left - knob, layout.scrub.top - round(4 * layout.scale))))
        return sprites

    def _draw(self, layout: Layout, facts: Facts | None) -> pygame.Surface:
        surface = pygame.Surface(layout.lower.size, pygame.SRCALPHA)
        surface.fill(GROUND)
        surface.fill(theme.LINE, (0, 0, layout.lower.width, 1))
        if self._browser.clip is None:
            return surface
        at = (-layout.lower.left, -layout.lower.top)
        scrub, lanes, camera = (place.move(at) for place in (layout.scrub, layout.lanes, layout.camera))
        surface.blit(theme.rounded(scrub.size, _LANES[1], 5 * layout.scale), scrub)
        _draw_lane_grounds(surface, lanes, camera, layout.scale, facts)
        if facts is not None:
            _draw_keys(surface, lanes, facts.actions, layout.scale)
            _draw_camera(surface, camera, facts.actions, layout.scale)
        self._draw_cut(surface, layout, self._browser.edit)
        self._draw_ticks(surface, scrub, layout.scale)
        return surface

    def _draw_cut(self, surface: pygame.Surface, layout: Layout, edit: Edit) -> None:
        """Light up what is kept, darken what is cut off, set the marks."""
        kept, count, left = self._browser.kept, self._browser.head.count, layout.lower.left
        start, stop = layout.x_of(kept.start, count) - left, layout.x_of(kept.stop, count) - left
        scrub, top = layout.scrub.move(-left, -layout.lower.top), layout.scrub.top - layout.lower.top
        cut = edit.first is not None or edit.last is not None
        if stop > start:
            colour = (*theme.ACCENT[:3], 110 if cut else 55)
            surface.blit(theme.rounded((stop - start, scrub.height), colour, 5 * layout.scale), (start, top))
        if not cut:
            return
        height = layout.camera.bottom - layout.scrub.top
        for begin, end in ((scrub.left, start), (max(start, stop), scrub.right)):
            if end > begin:
                dark = theme.blank((end - begin, height))
                dark.fill(_CUT)
                surface.blit(dark, (begin, top))
        width, reach = max(2, round(3 * layout.scale)), round(9 * layout.scale)
        for x, marked, inward in ((start, edit.first, 1), (stop, edit.last, -1)):
            if marked is None or not kept:
                continue
            edge = x if inward > 0 else x - width
            surface.fill(theme.ACCENT, (edge, top, width, height))
            far = x + inward * reach
            corners = [(x, top), (far, top), (far, top + scrub.height * 0.55), (x, top + scrub.height)]
            pygame.draw.polygon(surface, theme.ACCENT, corners)

    def _draw_ticks(self, surface: pygame.Surface, scrub: pygame.Rect, scale: float) -> None:
        seconds = max(1e-6, self._browser.head.count / self._browser.fps)
        apart = next((s for s in _NICE_SECONDS if s / seconds * scrub.width >= _TICK_PIXELS * scale), seconds)
        for number in range(1, int(seconds / apart) + 1):
            x = scrub.left + round(number * apart / seconds * scrub.width)
            words = theme.text(clock(round(number * apart * self._browser.fps), self._browser.fps)[:-2], 13 * scale)
            words.set_alpha(150)
            if x + words.get_width() / 2 + 2 < scrub.right:
                surface.fill(theme.SOFT, (x, scrub.bottom - round(4 * scale), 1, round(4 * scale)))
                surface.blit(words, words.get_rect(midtop=(x, scrub.top + round(4 * scale))))

    def _draw_info(self, layout: Layout) -> pygame.Surface:
        surface, scale, browser = theme.blank(layout.info.size), layout.scale, self._browser
        if browser.clip is None:
            return surface
        middle, head = layout.info.height // 2 + round(2 * scale), browser.head
        _draw_state(
            surface, pygame.Rect(0, middle - round(8 * scale), round(14 * scale), round(16 * scale)), head.playing
        )
        time = theme.text(clock(head.frame, browser.fps), 28 * scale)
        surface.blit(time, time.get_rect(midleft=(round(26 * scale), middle)))
        left = round(26 * scale) + max(time.get_width(), round(66 * scale)) + round(10 * scale)
        whole = theme.text(f"/ {clock(head.count, browser.fps)}", 19 * scale, theme.SOFT)
        surface.blit(whole, whole.get_rect(midleft=(left, middle)))
        left += whole.get_width() + round(22 * scale)
        frame = theme.text(f"frame {head.frame:,} of {head.count:,}", 19 * scale)
        surface.blit(frame, frame.get_rect(midleft=(left, middle)))
        left += round(190 * scale)
        kept = browser.kept
        if not kept:
            words, colour = "nothing is kept: left out", theme.WARN
        elif len(kept) == head.count:
            words, colour = "whole clip", theme.SOFT
        else:
            words = f"keeps {kept.start:,} to {kept.stop - 1:,}, {len(kept):,} frames"
            colour = theme.ACCENT
        about = theme.text(words, 19 * scale, colour)
        right = layout.info.width - about.get_width()
        surface.blit(about, about.get_rect(midleft=(right, middle)))
        room = pygame.Rect(left, middle - round(10 * scale), right - left - round(20 * scale), 0)
        if room.width > round(60 * scale):
            draw_tags(surface, browser.edit.tags, room, 16 * scale)
        return surface

    def _line(self, layout: Layout, colour: theme.Colour, *, knob: bool) -> pygame.Surface:
        """A line over the whole height of the time line, with a knob to take hold of."""
        over = round(4 * layout.scale) if knob else 0
        height = layout.camera.bottom - layout.scrub.top + over
        width = max(3, round(12 * layout.scale) | 1) if knob else 1
        if (width, height, colour) not in self._head:
            surface = theme.blank((width, height))
            surface.fill(colour, (width // 2, 0, 1 if width < 9 or not knob else 2, height))
            if knob:
                surface.blit(theme.rounded((width, width), colour, width / 2), (0, 0))
            self._head = {**dict(list(self._head.items())[-8:]), (width, height, colour): surface}
        return self._head[width, height, colour]


def _draw_state(surface: pygame.Surface, place: pygame.Rect, playing: bool) -> None:
    """A triangle while it runs; two bars while it stands."""
    if playing:
        pygame.draw.polygon(surface, theme.ACCENT, [place.topleft, place.midright, place.bottomleft])
        pygame.draw.aalines(surface, theme.ACCENT, True, [place.topleft, place.midright, place.bottomleft])
    else:
        for left in (place.left, place.left + round(place.width * 0.6)):
            surface.fill(theme.SOFT, (left, place.top, max(2, round(place.width * 0.3)), place.height))


def _draw_lane_grounds(
    surface: pygame.Surface, lanes: pygame.Rect, camera: pygame.Rect, scale: float, facts: Facts | None
) -> None:
    known = facts.known if facts is not None else [True] * (len(KEYS) + 2)
    height = lanes.height / len(KEYS)
    unknown: theme.Colour = (84, 92, 94, 255)
    for number, key in enumerate(KEYS):
        top, bottom = lanes.top + round(number * height), lanes.top + round((number + 1) * height)
        surface.fill(_LANES[number % 2], (lanes.left, top, lanes.width, bottom - top - 1))
        face = theme.text(key, 14 * scale, theme.SOFT if known[number] else unknown)
        surface.blit(face, face.get_rect(midright=(lanes.left - round(8 * scale), (top + bottom) // 2)))
    surface.fill(_LANES[0], camera)
    surface.fill(theme.LINE, (camera.left, camera.centery, camera.width, 1))
    for words, colour, at, is_known in (("yaw", _YAW, 0.3, known[-1]), ("pitch", _PITCH, 0.7, known[-2])):
        face = theme.text(words, 14 * scale, colour if is_known else unknown)
        middle = (camera.left - round(8 * scale), camera.top + round(at * camera.height))
        surface.blit(face, face.get_rect(midright=middle))


def _draw_keys(surface: pygame.Surface, place: pygame.Rect, actions: Actions, scale: float) -> None:
    """A bar from each press of a key to its release."""
    count, height = len(actions), place.height / len(KEYS)
    bar = max(2, round(height - 2 * scale))
    for number, key in enumerate(KEYS):
        held = np.concatenate([[False], actions[:, number] >= 0.5, [False]])
        edges = np.flatnonzero(held[1:] != held[:-1])
        top = place.top + round((number + 0.5) * height - bar / 2)
        for start, stop in edges.reshape(-1, 2):
            left, right = (place.left + round(int(frame) * place.width / count) for frame in (start, stop))
            surface.fill(_COLOURS[key], (left, top, max(1, right - left), bar))


def _draw_camera(surface: pygame.Surface, place: pygame.Rect, actions: Actions, scale: float) -> None:
    """Degrees of each frame: right is up, so is looking down."""
    reach = place.height / 2 - 2 * scale
    for column, colour in ((-2, _PITCH), (-1, _YAW)):
        x, degrees = _outline(actions[:, column] * DEGREES_PER_UNIT, place.width)
        y = place.centery - np.clip(degrees / _FULL_TURN, -1, 1) * reach
        points = list(zip((place.left + x).tolist(), y.tolist(), strict=True))
        if len(points) > 1:
            pygame.draw.aalines(surface, colour, False, points)


def _outline(values: Actions, width: int) -> tuple[Actions, Actions]:
    """Points of a curve: one per frame, or the least and the greatest of each pixel where there are more frames."""
    count = len(values)
    if count <= 2 * width:
        return (np.arange(count, dtype=np.float32) + np.float32(0.5)) * np.float32(width / count), values
    starts = np.arange(width) * count // width
    ends = np.stack([np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)], axis=1)
    return np.repeat(np.arange(width, dtype=np.float32), 2), ends.reshape(-1)
