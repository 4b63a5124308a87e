"""A person's keys and mouse as one action per frame, in the steps that the game's camera can turn by."""

import pygame

from model.actions import TURN_DEGREES, Action

from .settings import DEGREES_PER_COUNT

MAX_PITCH = 89.0
"""Degrees from the horizon; the game itself stops a little later."""
MAX_YAW = 90.0
"""Degrees in one frame; what the mouse moved beyond is left for the next."""

_DEGREES_PER_PIXEL = 0.15  # of mouse motion
_KEYS = {
    pygame.K_w: "forward",
    pygame.K_s: "back",
    pygame.K_a: "left",
    pygame.K_d: "right",
    pygame.K_SPACE: "jump",
    pygame.K_LSHIFT: "sneak",
    pygame.K_LCTRL: "sprint",
}
_ARROWS = {pygame.K_LEFT: (0, -1), pygame.K_RIGHT: (0, 1), pygame.K_UP: (-1, 0), pygame.K_DOWN: (1, 0)}  # pitch, yaw
_BUTTONS = {pygame.BUTTON_LEFT: "attack", pygame.BUTTON_RIGHT: "use"}


class Hands:
    """What is held, and what was tapped and moved since the last frame."""

    def __init__(self) -> None:
        """Start with empty hands, the eyes at the horizon."""
        self._held: set[object] = set()
        self._tapped: set[object] = set()
        self._moved_pitch = self._moved_yaw = 0.0
        self._pitch = 0

    def feed(self, event: pygame.event.Event) -> None:
        """Take an event of a key, a button or the mouse; others are ignored."""
        if event.type in (pygame.KEYDOWN, pygame.KEYUP):
            self._press(_ARROWS.get(event.key) or _KEYS.get(event.key), event.type == pygame.KEYDOWN)
        elif event.type in (pygame.MOUSEBUTTONDOWN, pygame.MOUSEBUTTONUP):
            self._press(_BUTTONS.get(event.button), event.type == pygame.MOUSEBUTTONDOWN)
        elif event.type == pygame.MOUSEMOTION:
            self._moved_yaw += event.rel[0] * _DEGREES_PER_PIXEL
            self._moved_pitch += event.rel[1] * _DEGREES_PER_PIXEL

    def clear(self) -> None:
        """Let go of everything: the hands are elsewhere."""
        self._held.clear()
        self._tapped.clear()
        self._moved_pitch = self._moved_yaw = 0.0

    def face_horizon(self) -> None:
        """The player was put somewhere, eyes at the horizon."""
        self.clear()
        self._pitch = 0

    def sample(self) -> Action:
        """What the hands did since the last call; a key tapped in between counts, motion too small to do is kept."""
        held = self._held | self._tapped
        self._tapped.clear()
        arrows = [turn for turn in held if isinstance(turn, tuple)]
        pitch = self._moved_pitch + TURN_DEGREES * sum(turn[0] for turn in arrows)
        yaw = self._moved_yaw + TURN_DEGREES * sum(turn[1] for turn in arrows)
        limit = round(MAX_PITCH / DEGREES_PER_COUNT)
        down = max(-limit - self._pitch, min(limit - self._pitch, round(pitch / DEGREES_PER_COUNT)))
        fastest = round(MAX_YAW / DEGREES_PER_COUNT)
        right = max(-fastest, min(fastest, round(yaw / DEGREES_PER_COUNT)))
        self._pitch += down
        stopped = abs(self._pitch) == limit  # against a stop a mouse moves nothing that comes back later
        self._moved_pitch = 0.0 if stopped else pitch - down * DEGREES_PER_COUNT
        self._moved_yaw = yaw - right * DEGREES_PER_COUNT
        keys = {key: True for key in held if isinstance(key, str)}
        return Action(**keys, pitch=down * DEGREES_PER_COUNT, yaw=right * DEGREES_PER_COUNT)

    def _press(self, control: object, down: bool) -> None:
        if control is None:
            return
        if down:
            self._held.add(control)
            self._tapped.add(control)
        else:
            self._held.discard(control)
