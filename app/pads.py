"""Gamepads: buttons, triggers and one stick as inputs by name, the other stick as turning.

One stick tells eight directions, the other turns the camera, slowly near its middle; which does what can be chosen,
and for one hand either stick does both. The pad that was used last lets go of everything when it is unplugged; another
takes over at its first button.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import pygame
from pygame._sdl2 import controller

from .bindings import Sticks

_BUTTONS = {
    pygame.CONTROLLER_BUTTON_A: "pad a",
    pygame.CONTROLLER_BUTTON_B: "pad b",
    pygame.CONTROLLER_BUTTON_X: "pad x",
    pygame.CONTROLLER_BUTTON_Y: "pad y",
    pygame.CONTROLLER_BUTTON_BACK: "pad back",
    pygame.CONTROLLER_BUTTON_START: "pad start",
    pygame.CONTROLLER_BUTTON_LEFTSTICK: "pad left stick",
    pygame.CONTROLLER_BUTTON_RIGHTSTICK: "pad right stick",
    pygame.CONTROLLER_BUTTON_LEFTSHOULDER: "pad left shoulder",
    pygame.CONTROLLER_BUTTON_RIGHTSHOULDER: "pad right shoulder",
    pygame.CONTROLLER_BUTTON_DPAD_UP: "pad up",
    pygame.CONTROLLER_BUTTON_DPAD_DOWN: "pad down",
    pygame.CONTROLLER_BUTTON_DPAD_LEFT: "pad left",
    pygame.CONTROLLER_BUTTON_DPAD_RIGHT: "pad right",
}
_TRIGGERS = {
    pygame.CONTROLLER_AXIS_TRIGGERLEFT: "pad left trigger",
    pygame.CONTROLLER_AXIS_TRIGGERRIGHT: "pad right trigger",
}
_WAYS = {"right": (1, 0), "left": (-1, 0), "back": (0, 1), "forward": (0, -1)}
INPUTS = (*_BUTTONS.values(), *_TRIGGERS.values(), *(f"pad stick {way}" for way in _WAYS))
"""What a pad's buttons, triggers and the four ways of its walking stick are called."""

_LEFT = pygame.CONTROLLER_AXIS_LEFTX, pygame.CONTROLLER_AXIS_LEFTY
_RIGHT = pygame.CONTROLLER_AXIS_RIGHTX, pygame.CONTROLLER_AXIS_RIGHTY

PAD_GONE = "the pad is gone; plug it in again, or go on with keyboard and mouse"

_FULL = 32767
_PRESSED, _RELEASED = 0.5, 0.35
"""Ways of a trigger, or of the walking stick; the gap keeps a trembling finger from tapping."""
_CURVE = 1.7
"""Exponent of the turning stick: aiming is done near the middle."""
_SLANT = math.sin(math.radians(22.5))  # half an eighth of the circle: nearer to an axis than that is straight


@dataclass
class Pad:
    """What the pads do; not shared between threads."""

    dead_zone: float = 0.15
    """Share of a stick's way that counts as rest."""
    degrees: float = 9.0
    """Camera degrees per frame at the stick's end."""
    invert: bool = False
    """Stick forward looks down."""
    sticks: Sticks = "left walks"
    _pads: dict[int, controller.Controller] = field(default_factory=dict)
    _down: set[str] = field(default_factory=set)
    _axes: dict[int, float] = field(default_factory=dict)
    _newest: int | None = None  # that did something

    def feed(self, event: pygame.event.Event) -> Iterator[tuple[str, bool]]:
        """Take an event; yields the inputs that went down (True) or up."""
        if event.type == pygame.CONTROLLERDEVICEADDED:
            self._open(event.device_index)
        elif event.type == pygame.CONTROLLERDEVICEREMOVED:
            self._pads.pop(event.instance_id, None)
            if self.loses(event):
                self._newest = None
                yield from self.release()
        elif event.type in (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP):
            self._newest = event.instance_id
            name = _BUTTONS.get(event.button)
            if name is not None:
                yield from self._set(name, event.type == pygame.CONTROLLERBUTTONDOWN)
        elif event.type == pygame.CONTROLLERAXISMOTION:
            way = max(-1.0, event.value / _FULL)
            if abs(way) > self.dead_zone:  # no hand is needed for less
                self._newest = event.instance_id
            yield from self._move(event.axis, way)

    def loses(self, event: pygame.event.Event) -> bool:
        """Whether an event takes away the pad that was used last, if any was; to be asked before `feed` takes it."""
        return bool(event.type == pygame.CONTROLLERDEVICEREMOVED) and self._newest in (None, event.instance_id)

    def release(self) -> Iterator[tuple[str, bool]]:
        """Let go of everything, as when the pad or the focus is lost."""
        self._axes.clear()
        for name in sorted(self._down):
            yield name, False
        self._down.clear()

    @property
    def turn(self) -> tuple[float, float]:
        """Pitch and yaw of the turning stick, in degrees per frame."""
        _, (x, y) = self._walking_and_turning()
        way = math.hypot(x, y)
        if way <= self.dead_zone:
            return 0.0, 0.0
        beyond = min(1.0, (way - self.dead_zone) / (1 - self.dead_zone))
        speed = self.degrees * beyond**_CURVE / way
        return (-y if self.invert else y) * speed, x * speed

    def _walking_and_turning(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """How far the sticks are pushed that walk and that turn, each to the right and down."""
        left, right = ((self._axes.get(x, 0.0), self._axes.get(y, 0.0)) for x, y in (_LEFT, _RIGHT))
        if self.sticks == "one does both":
            x, y = max(left, right, key=lambda stick: math.hypot(*stick))
            return (0.0, y), (x, 0.0)
        return (right, left) if self.sticks == "right walks" else (left, right)

    def _move(self, axis: int, value: float) -> Iterator[tuple[str, bool]]:
        name = _TRIGGERS.get(axis)
        if name is None:
            self._axes[axis] = value
            for way, held in self._ways().items():
                yield from self._set(f"pad stick {way}", held)
        elif name in self._down and value < _RELEASED:
            yield from self._set(name, False)
        elif name not in self._down and value >= _PRESSED:
            yield from self._set(name, True)

    def _ways(self) -> dict[str, bool]:
        """Which ways the walking stick is held: one, or two that are an eighth of the circle apart."""
        (x, y), _ = self._walking_and_turning()
        length = math.hypot(x, y)
        held = length >= max(_PRESSED, self.dead_zone)
        return {way: held and x * right + y * down > _SLANT * length for way, (right, down) in _WAYS.items()}

    def _set(self, name: str, down: bool) -> Iterator[tuple[str, bool]]:
        if down != (name in self._down):
            (self._down.add if down else self._down.discard)(name)
            yield name, down

    def _open(self, index: int) -> None:
        if controller.is_controller(index):
            pad = controller.Controller(index)
            self._pads[pad.as_joystick().get_instance_id()] = pad


def start_pads() -> None:
    """Let the library look for pads; their events come once it has."""
    controller.init()
