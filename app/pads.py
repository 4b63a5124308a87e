"""Gamepads: buttons, triggers and one stick as inputs by name, the other stick as turning.

One stick tells eight directions, the other turns the camera, slowly near its middle; which does what can be chosen,
and for one hand either stick does both. Several pads do together what each of them does: of their buttons any counts,
of their sticks the one that is pushed furthest, so that a pad which trembles on the table changes nothing. A pad that
is unplugged lets go of what it held.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
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
class _Held:
    """What the hands do on one pad."""

    down: set[str] = field(default_factory=set)
    """Names of its buttons and triggers that are pressed."""
    axes: dict[int, float] = field(default_factory=dict)

    def stick(self, axes: tuple[int, int]) -> tuple[float, float]:
        """How far one of its sticks is pushed, to the right and down."""
        return self.axes.get(axes[0], 0.0), self.axes.get(axes[1], 0.0)


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
    _held: dict[int, _Held] = field(default_factory=lambda: defaultdict(_Held))
    _down: set[str] = field(default_factory=set)  # as was said
    _newest: int | None = None  # that did something

    def feed(self, event: pygame.event.Event) -> Iterator[tuple[str, bool]]:
        """Take an event; yields the inputs that went down (True) or up."""
        if event.type == pygame.CONTROLLERDEVICEADDED:
            self._open(event.device_index)
        elif event.type == pygame.CONTROLLERDEVICEREMOVED:
            self._pads.pop(event.instance_id, None)
            self._held.pop(event.instance_id, None)
            if self.loses(event):
                self._newest = None
            yield from self._changes()
        elif event.type in (pygame.CONTROLLERBUTTONDOWN, pygame.CONTROLLERBUTTONUP):
            self._press(event.instance_id, _BUTTONS.get(event.button), event.type == pygame.CONTROLLERBUTTONDOWN)
            yield from self._changes()
        elif event.type == pygame.CONTROLLERAXISMOTION:
            self._move(event.instance_id, event.axis, max(-1.0, event.value / _FULL))
            yield from self._changes()

    def loses(self, event: pygame.event.Event) -> bool:
        """Whether an event takes away the pad that was used last, if any was; to be asked before `feed` takes it."""
        return bool(event.type == pygame.CONTROLLERDEVICEREMOVED) and self._newest in (None, event.instance_id)

    def release(self) -> Iterator[tuple[str, bool]]:
        """Let go of everything, as when the pad or the focus is lost."""
        self._held.clear()
        yield from self._changes()

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
        left, right = (_furthest(held.stick(axes) for held in self._held.values()) for axes in (_LEFT, _RIGHT))
        if self.sticks == "one does both":
            x, y = _furthest((left, right))
            return (0.0, y), (x, 0.0)
        return (right, left) if self.sticks == "right walks" else (left, right)

    def _press(self, pad: int, name: str | None, down: bool) -> None:
        if down:
            self._newest = pad
        if name is not None:
            (self._held[pad].down.add if down else self._held[pad].down.discard)(name)

    def _move(self, pad: int, axis: int, value: float) -> None:
        held, trigger = self._held[pad], _TRIGGERS.get(axis)
        if abs(value) > self.dead_zone:  # no hand is needed for less
            self._newest = pad
        if trigger is None:
            held.axes[axis] = value
        elif value >= _PRESSED:
            held.down.add(trigger)
        elif value < _RELEASED:
            held.down.discard(trigger)

    def _changes(self) -> Iterator[tuple[str, bool]]:
        """Say what went down or up since this was asked last."""
        down = self._ways().union(*(held.down for held in self._held.values()))
        changed, self._down = sorted(down ^ self._down), down
        for name in changed:
            yield name, name in down

    def _ways(self) -> set[str]:
        """Ways that the walking stick is held: one, or two that are an eighth of the circle apart."""
        (x, y), _ = self._walking_and_turning()
        length = math.hypot(x, y)
        if length < max(_PRESSED, self.dead_zone):
            return set()
        return {f"pad stick {way}" for way, (right, down) in _WAYS.items() if x * right + y * down > _SLANT * length}

    def _open(self, index: int) -> None:
        if controller.is_controller(index):
            pad = controller.Controller(index)
            self._pads[pad.as_joystick().get_instance_id()] = pad


def _furthest(sticks: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return the one of some sticks that is pushed furthest."""
    return max(sticks, key=lambda stick: math.hypot(*stick), default=(0.0, 0.0))


def start_pads() -> None:
    """Let the library look for pads; their events come once it has."""
    controller.init()
