"""Hands to `Action`: which key does what, and what the hands did since the last frame.

The main thread feeds events as they arrive, the generator thread takes one `Sample` per frame. A key tapped
between two frames counts for one frame; mouse motion is summed and handed out whole, spread over frames where
a world could not follow it at once; losing the focus clears everything.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import pygame

from model.actions import TURN_DEGREES, Action

_KEYS = {
    pygame.K_w: "forward",
    pygame.K_s: "back",
    pygame.K_a: "left",
    pygame.K_d: "right",
    pygame.K_SPACE: "jump",
    pygame.K_LSHIFT: "sneak",
    pygame.K_LCTRL: "sprint",
    pygame.K_LEFT: "turn left",
    pygame.K_RIGHT: "turn right",
    pygame.K_UP: "turn up",
    pygame.K_DOWN: "turn down",
}
_BUTTONS = {pygame.BUTTON_LEFT: "attack", pygame.BUTTON_RIGHT: "use"}
_TURNS = {"turn left": (0, -1), "turn right": (0, 1), "turn up": (-1, 0), "turn down": (1, 0)}  # pitch, yaw


@dataclass(frozen=True)
class Bindings:
    """Which key or button does what, and how the mouse turns the camera."""

    keys: Mapping[int, str] = field(default_factory=lambda: MappingProxyType(_KEYS))
    buttons: Mapping[int, str] = field(default_factory=lambda: MappingProxyType(_BUTTONS))
    degrees_per_count: float = 0.15
    """Camera degrees per count of mouse motion."""
    max_yaw: float = 12.0
    """Most degrees in one frame, as in footage of people walking. The rest waits for the next frame."""
    max_pitch: float = 6.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the hands did during one frame."""

    action: Action
    since: float | None = None
    """Arrival in seconds of the oldest event that this action is the first to answer, if there is one."""


class Hands:
    """What the hands hold and have done since the last sample. Safe to use from two threads."""

    def __init__(self, bindings: Bindings | None = None) -> None:
        """Start with empty hands."""
        self._bindings = bindings or Bindings()
        self._lock = threading.Lock()
        self._held: set[str] = set()
        self._tapped: set[str] = set()
        self._pitch = 0.0
        self._yaw = 0.0
        self._since: float | None = None

    def feed(self, event: pygame.event.Event, now: float) -> None:
        """Take a key, button or motion event that arrived at `now` seconds; others are ignored."""
        if event.type in (pygame.KEYDOWN, pygame.KEYUP):
            self._feed_key(self._bindings.keys.get(event.key), event.type == pygame.KEYDOWN, now)
        elif event.type in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            self._feed_key(self._bindings.buttons.get(event.button), event.type == pygame.MOUSEBUTTONDOWN, now)
        elif event.type == pygame.MOUSEMOTION:
            self._feed_motion(event.rel[0], event.rel[1], now)

    def clear(self) -> None:
        """Let go of everything and forget all motion: the focus is elsewhere."""
        with self._lock:
            self._held.clear()
            self._tapped.clear()
            self._pitch = self._yaw = 0.0
            self._since = None

    def sample(self) -> Sample:
        """Return what the hands did since the last sample, and start anew."""
        with self._lock:
            down = self._held | self._tapped
            self._tapped.clear()
            pitch, self._pitch = _portion(self._pitch, self._bindings.max_pitch)
            yaw, self._yaw = _portion(self._yaw, self._bindings.max_yaw)
            since, self._since = self._since, None
        for name in down & _TURNS.keys():
            up_down, left_right = _TURNS[name]
            pitch += TURN_DEGREES * up_down
            yaw += TURN_DEGREES * left_right
        keys = dict.fromkeys(sorted(down - _TURNS.keys()), True)
        return Sample(Action(**keys, pitch=pitch, yaw=yaw), since)

    def _feed_key(self, name: str | None, down: bool, now: float) -> None:
        if name is None:
            return
        with self._lock:
            if down:
                self._held.add(name)
                self._tapped.add(name)
            elif name in self._held:
                self._held.discard(name)
            else:
                return  # pressed before the focus came here
            self._note(now)

    def _feed_motion(self, right: int, down: int, now: float) -> None:
        with self._lock:
            self._yaw += right * self._bindings.degrees_per_count
            self._pitch += down * self._bindings.degrees_per_count
            self._note(now)

    def _note(self, now: float) -> None:
        if self._since is None:
            self._since = now


def _portion(degrees: float, most: float) -> tuple[float, float]:
    """Split into what fits into one frame and what is left."""
    now = max(-most, min(most, degrees))
    return now, degrees - now
