"""Which key, mouse button or pad button does what, by names that can stand in a settings file.

Inputs are called as the library calls the keys of a US keyboard ("w", "left shift", "f5"), whatever is written on them,
"mouse left" and the like, "pad a" and the like. A command may have several inputs; an input with several commands is
a conflict, which is shown and allowed.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from model.actions import KEYS

TURNS = ("turn left", "turn right", "turn up", "turn down")
HELD = (*KEYS, *TURNS, "rewind")
"""Commands that last as long as their input is held."""

PRESSED = MappingProxyType(
    {
        "menu": "open the menu, free the mouse",
        "pause": "pause and go on",
        "step": "one frame while paused",
        "reset": "begin again at the scene",
        "save": "quick save",
        "load": "quick load",
        "next scene": "jump to the next scene",
        "previous scene": "jump to the scene before",
        "anchor": "go on from a good frame when the world fades",
        "more steps": "finer pictures, fewer of them",
        "fewer steps": "more frames, coarser ones",
        "record": "record, or stop",
        "screenshot": "save a picture",
        "clip": "save the last 30 seconds",
        "figures": "show figures",
        "hands": "show what the hands do",
        "late warp": "follow the mouse between frames, or not",
        "filter": "next up-scaling",
        "fullscreen": "full screen, or a window",
    }
)
"""Commands that happen once per press, with what they do."""

COMMANDS = (*HELD, *PRESSED)

Sticks = Literal["left walks", "right walks", "one does both"]
"""What the sticks of a pad do. One that does both walks forward and back, and turns to the sides."""

Bindings = Mapping[str, tuple[str, ...]]
"""Inputs of each command."""

_COMMON: dict[str, tuple[str, ...]] = {
    "menu": ("escape", "pad start"),
    "pause": ("p",),
    "step": ("o", "."),
    "reset": ("f4",),
    "save": ("f5",),
    "load": ("f9",),
    "rewind": ("backspace", "pad left shoulder"),
    "next scene": ("page down",),
    "previous scene": ("page up",),
    "anchor": ("g", "pad back"),
    "more steps": ("=", "pad up"),
    "fewer steps": ("-", "pad down"),
    "record": ("r",),
    "screenshot": ("f12", "pad right shoulder"),
    "clip": ("f10",),
    "figures": ("f3",),
    "hands": ("f2",),
    "late warp": ("f6",),
    "filter": ("f7",),
    "fullscreen": ("f11",),
}

DEFAULT: Bindings = MappingProxyType(
    {
        "forward": ("w", "pad stick forward"),
        "back": ("s", "pad stick back"),
        "left": ("a", "pad stick left"),
        "right": ("d", "pad stick right"),
        "jump": ("space", "pad a"),
        "sneak": ("left shift", "pad b"),
        "sprint": ("left ctrl", "pad left stick"),
        "attack": ("mouse left", "pad right trigger"),
        "use": ("mouse right", "pad left trigger"),
        "turn left": ("left",),
        "turn right": ("right",),
        "turn up": ("up",),
        "turn down": ("down",),
    }
    | _COMMON
)


def is_pad(name: str) -> bool:
    """Whether an input is one of a pad."""
    return name.startswith("pad ")


def _with_pads(own: Bindings) -> Bindings:
    """Return `DEFAULT` with a hand's own keys: where those name no input of a pad, a command keeps the pad's."""
    changed = {
        command: inputs if any(map(is_pad, inputs)) else (*inputs, *filter(is_pad, DEFAULT[command]))
        for command, inputs in own.items()
    }
    return MappingProxyType({**DEFAULT, **changed})


RIGHT_HAND: Bindings = _with_pads(
    {
        # all within reach of one hand beside the arrow keys; the mouse is not needed
        "forward": ("up", "[8]"),
        "back": ("down", "[5]"),
        "left": ("[1]", "delete"),
        "right": ("[3]", "page down"),
        "jump": ("right ctrl", "[0]"),
        "sneak": ("right shift",),
        "sprint": ("enter", "return"),
        "turn left": ("left", "[4]"),
        "turn right": ("right", "[6]"),
        "turn up": ("home", "[7]"),
        "turn down": ("end", "[9]"),
        "next scene": ("insert",),
        "previous scene": ("page up",),
    }
)

LEFT_HAND: Bindings = _with_pads(
    {
        # the arrow keys' work done by the keys around w a s d
        "left": ("z",),
        "right": ("c",),
        "turn left": ("a",),
        "turn right": ("d",),
        "turn up": ("q",),
        "turn down": ("e",),
        "attack": ("f",),
        "use": ("v",),
        "pause": ("tab",),
        "step": ("`",),
        "rewind": ("x",),
    }
)

PRESETS: Mapping[str, Bindings] = MappingProxyType(
    {"default": DEFAULT, "left hand": LEFT_HAND, "right hand": RIGHT_HAND}
)


def merged(preset: str, changes: Mapping[str, Iterable[str]]) -> Bindings:
    """Bindings of a preset with a person's own changes; an empty list leaves a command without input.

    Raises:
        ValueError: for a preset or a command that does not exist.
    """
    if preset not in PRESETS:
        raise ValueError(f"there is no preset {preset!r}; use one of {', '.join(PRESETS)}")
    if unknown := sorted(set(changes) - set(COMMANDS)):
        raise ValueError(f"there is no command {unknown[0]!r}; use one of {', '.join(COMMANDS)}")
    return {**PRESETS[preset], **{command: tuple(inputs) for command, inputs in changes.items()}}


def conflicts(bindings: Bindings) -> dict[str, tuple[str, ...]]:
    """Inputs that do more than one thing, each with its commands."""
    users: dict[str, list[str]] = {}
    for command, inputs in bindings.items():
        for one in inputs:
            users.setdefault(one, []).append(command)
    return {one: tuple(commands) for one, commands in users.items() if len(commands) > 1}


def commands_of(bindings: Bindings) -> dict[str, tuple[str, ...]]:
    """Commands of each input."""
    found: dict[str, tuple[str, ...]] = {}
    for command, inputs in bindings.items():
        for one in inputs:
            found[one] = (*found.get(one, ()), command)
    return found
