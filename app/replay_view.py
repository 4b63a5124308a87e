"""Draws what lies over a replay's picture: its name, the hands, keys, and the bar that one scrubs along."""

from dataclasses import dataclass

import pygame

from model.footage.replay import Replay

from . import theme
from .bindings import DEFAULT
from .browse.words import chip, shortened
from .hands_view import caps_of, coarse, draw_hands
from .key_names import label
from .picture import Sprite
from .record_mark import clock_text
from .room import EDGE, GAP, Room

_BAR, _PAD, _BUTTON, _HEAD = 58, 18, 22, 62
_KEYS = (  # on the keyboard, on a pad, and what they do
    ("b", "Start", "play on from here"),
    ("Space", "A", "play"),
    ("< >", "< >", "frame by frame"),
    ("F3", "Y", "picture alone"),
)
_KEYS_ROW, _KEYS_SIZE = 26, 16
_OVER_BAR = 129  # height of the hands, which are higher than the keys
_TIMES = 62  # width of the time before and after the track
_TRACK, _KNOB = 6, 16


@dataclass(frozen=True)
class Layout:
    """Where the parts stand, in window pixels."""

    bar: pygame.Rect
    button: pygame.Rect
    track: pygame.Rect
    room: Room
    """Where there is room for what is said."""
    scale: float

    def frame_at(self, x: int, count: int) -> int:
        """Frame of `count` that a place on the track means."""
        share = (x - self.track.left) / max(1, self.track.width)
        return round(max(0.0, min(1.0, share)) * (count - 1))


def layout(window: tuple[int, int], text_scale: float = 1.0) -> Layout:
    """Return where everything stands in a window of that size."""
    scale = theme.text_scale_of(window, text_scale)
    edge = round(EDGE * theme.scale_of(window))
    height, pad, side = (round(length * scale) for length in (_BAR, _PAD, _BUTTON))
    bar = pygame.Rect(edge, window[1] - edge - height, window[0] - 2 * edge, height)
    button = pygame.Rect(bar.left + pad, bar.centery - side // 2, side, side)
    left = button.right + pad + round(_TIMES * scale)
    right = bar.right - pad - round(_TIMES * scale)
    track = pygame.Rect(left, bar.top, max(1, right - left), height)
    low = bar.top - round(_OVER_BAR * scale) - edge  # over hands and keys
    room = Room(edge, edge + round((_HEAD + GAP) * scale), window[0] - edge, low, window[0] // 2)
    return Layout(bar, button, track, room, scale)


class ReplayView:
    """Draws for one replay; what did not change is not drawn again."""

    def __init__(self, replay: Replay, count: int) -> None:
        """Show `count` frames of it."""
        self._replay, self._count = replay, count
        self._lost = tuple(k for k in range(count) if replay.lines[k].dropped)
        self._head: tuple[Layout, pygame.Surface] | None = None
        self._ground: tuple[Layout, pygame.Surface] | None = None
        self._keys: tuple[object, pygame.Surface] | None = None

    def sprites(self, places: Layout, frame: int, playing: bool, *, by_pad: bool = False) -> list[Sprite]:
        """Return what stands over frame number `frame`, the buttons of a pad in place of keys if one was used last."""
        edge = places.bar.left
        keys = self._draw_keys(places.scale, by_pad)
        hands = draw_hands(coarse(self._replay.lines[frame].action), places.scale, caps_of(DEFAULT))
        return [
            Sprite("head", self._draw_head(places), (edge, edge)),
            Sprite("keys", keys, (places.bar.right - keys.get_width(), places.bar.top - edge // 2 - keys.get_height())),
            Sprite("hands", hands, (edge, places.bar.top - edge // 2 - hands.get_height())),
            Sprite("bar", self._draw_bar(places, frame, playing), places.bar.topleft),
        ]

    def _draw_head(self, places: Layout) -> pygame.Surface:
        if self._head is None or self._head[0] != places:
            header, scale, pad = self._replay.header, places.scale, round(14 * places.scale)
            room, size, small = places.bar.width - 2 * pad, 24 * scale, 18 * scale
            name = theme.text(shortened(self._replay.name, size, room), size)
            made = f"seed {header.seed}, {header.steps} steps, {header.runtime}"
            words = shortened(f"{header.world}, {header.start.scene}  -  {made}", small, room)
            note = theme.text(words, small, theme.SOFT)
            width = max(name.get_width(), note.get_width()) + 2 * pad
            surface = theme.panel((width, round(_HEAD * scale)), 12 * scale)
            surface.blit(name, (pad, round(11 * scale)))
            surface.blit(note, (pad, round(36 * scale)))
            self._head = places, surface
        return self._head[1]

    def _draw_keys(self, scale: float, by_pad: bool) -> pygame.Surface:
        names = tuple(button if by_pad else label(key) for key, button, _ in _KEYS)
        if self._keys is None or self._keys[0] != (scale, names):
            size, row, pad = _KEYS_SIZE * scale, round(_KEYS_ROW * scale), round(10 * scale)
            what = (theme.text(words, size, theme.SOFT) for *_, words in _KEYS)
            caps = list(zip((chip(name, size, theme.KEY) for name in names), what, strict=True))
            first, second = (max(pair[side].get_width() for pair in caps) for side in (0, 1))
            surface = theme.panel((first + second + 4 * pad, len(caps) * row + pad), 12 * scale)
            for number, (cap, words) in enumerate(caps):
                middle = pad // 2 + number * row + row // 2
                surface.blit(cap, cap.get_rect(midright=(pad + first, middle)))
                surface.blit(words, words.get_rect(midleft=(2 * pad + first, middle)))
            self._keys = (scale, names), surface
        return self._keys[1]

    def _draw_bar(self, places: Layout, frame: int, playing: bool) -> pygame.Surface:
        surface = self._draw_ground(places).copy()
        scale, rate = places.scale, self._replay.header.fps
        origin = places.bar.topleft
        button, track = (rect.move(-origin[0], -origin[1]) for rect in (places.button, places.track))
        _draw_button(surface, button, playing)
        reached = theme.text(clock_text(frame / rate), 20 * scale)
        surface.blit(reached, reached.get_rect(midright=(track.left - round(16 * scale), track.centery)))
        x = track.left + round(frame / max(1, self._count - 1) * track.width)
        height = max(2, round(_TRACK * scale))
        done = pygame.Rect(track.left, track.centery - height // 2, max(height, x - track.left), height)
        surface.blit(theme.rounded(done.size, theme.ACCENT, height / 2), done)
        side = round(_KNOB * scale)
        knob = theme.rounded((side, side), theme.INK, side / 2)
        surface.blit(knob, knob.get_rect(center=(x, track.centery)))
        number = theme.text(f"frame {frame:,} of {self._count - 1:,}", 16 * scale, theme.SOFT)
        surface.blit(number, number.get_rect(midbottom=(track.centerx, surface.get_height() - round(4 * scale))))
        return surface

    def _draw_ground(self, places: Layout) -> pygame.Surface:
        """Return what stays while the replay runs: panel, track, lost pictures, length."""
        if self._ground is not None and self._ground[0] == places:
            return self._ground[1]
        scale = places.scale
        surface = theme.panel(places.bar.size, 14 * scale)
        track = places.track.move(-places.bar.left, -places.bar.top)
        height = max(2, round(_TRACK * scale))
        line = pygame.Rect(track.left, track.centery - height // 2, track.width, height)
        surface.blit(theme.rounded(line.size, theme.LINE, height / 2), line)
        for k in self._lost:
            x = track.left + round(k / max(1, self._count - 1) * track.width)
            surface.fill(theme.WARN, (x, line.top - height, max(1, round(scale)), height))
        length = theme.text(clock_text((self._count - 1) / self._replay.header.fps), 20 * scale, theme.SOFT)
        surface.blit(length, length.get_rect(midleft=(track.right + round(16 * scale), track.centery)))
        self._ground = places, surface
        return surface


def _draw_button(surface: pygame.Surface, place: pygame.Rect, playing: bool) -> None:
    """Two bars while it plays, else a triangle; drawn large and shrunk, for smooth edges."""
    large = theme.blank((4 * place.width, 4 * place.height))
    width, height = large.get_size()
    if playing:
        for left in (0.18, 0.60):
            pygame.draw.rect(large, theme.INK, (left * width, 0.1 * height, 0.24 * width, 0.8 * height))
    else:
        points = [(0.22 * width, 0.06 * height), (0.22 * width, 0.94 * height), (0.95 * width, 0.5 * height)]
        pygame.draw.polygon(large, theme.INK, points)
    surface.blit(pygame.transform.smoothscale(large, place.size), place)
