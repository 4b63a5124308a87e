"""What inputs mean on a page, by their names: the same for keyboard, mouse and pad."""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType


class Gesture(Enum):
    """What a person wants of a page."""

    UP = auto()
    DOWN = auto()
    LEFT = auto()
    RIGHT = auto()
    PAGE_UP = auto()
    PAGE_DOWN = auto()
    FIRST = auto()
    LAST = auto()
    CHOOSE = auto()
    BACK = auto()
    CLEAR = auto()
    RESET = auto()
    ADD = auto()
    SCROLL_UP = auto()
    SCROLL_DOWN = auto()


REPEATED = frozenset({Gesture.UP, Gesture.DOWN, Gesture.LEFT, Gesture.RIGHT, Gesture.PAGE_UP, Gesture.PAGE_DOWN})
"""Those that go on while their input is held."""

_INPUTS = {
    Gesture.UP: ("up", "w", "pad up", "pad stick forward"),
    Gesture.DOWN: ("down", "s", "pad down", "pad stick back"),
    Gesture.LEFT: ("left", "a", "pad left", "pad stick left"),
    Gesture.RIGHT: ("right", "d", "pad right", "pad stick right"),
    Gesture.PAGE_UP: ("page up", "pad left shoulder"),
    Gesture.PAGE_DOWN: ("page down", "pad right shoulder"),
    Gesture.FIRST: ("home",),
    Gesture.LAST: ("end",),
    Gesture.CHOOSE: ("return", "enter", "space", "pad a"),
    Gesture.BACK: ("escape", "pad b", "pad start", "mouse 4"),
    Gesture.CLEAR: ("delete", "pad x"),
    Gesture.RESET: ("backspace", "pad y"),
    Gesture.ADD: ("insert", "pad back"),
    Gesture.SCROLL_UP: ("wheel up",),
    Gesture.SCROLL_DOWN: ("wheel down",),
}

GESTURES: Mapping[str, Gesture] = MappingProxyType(
    {name: gesture for gesture, names in _INPUTS.items() for name in names}
)
"""Gesture of each input that has one."""
