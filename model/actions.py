"""What the hands do during one frame.

`Action` is the one form in which input travels: from the window, from scripts, from datasets. This module is plain
Python and numpy so that usage errors can be answered without importing torch.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from .errors import ActionError

KEYS = ("forward", "back", "left", "right", "jump", "sneak", "sprint", "attack", "use")
"""Names and order of the keys in an action vector."""

ACTION_SIZE = len(KEYS) + 2
"""Length of an action vector: the keys, then pitch and yaw."""

DEGREES_PER_UNIT = 15.0
"""One unit of camera motion in an action vector, as in GF-Minecraft and Matrix-Game."""

TURN_DEGREES = 3.0
"""Degrees per frame of the words `left`, `right`, `up` and `down` in an action string."""

MAX_CAMERA_DEGREES = 180.0
"""Largest camera motion in one frame; more is a unit mistake."""

_HELD = {"w": "forward", "s": "back", "a": "left", "d": "right"}
_HELD |= {key: key for key in ("forward", "back", "jump", "sneak", "sprint", "attack", "use")}
_TURNS = {"left": ("yaw", -1), "right": ("yaw", 1), "up": ("pitch", -1), "down": ("pitch", 1)}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
MAX_SCRIPT_FRAMES = 10_000_000


@dataclass(frozen=True, slots=True)
class Action:
    """Keys held and camera motion during one frame.

    `pitch` and `yaw` are degrees in this frame, + = down and + = right.
    """

    forward: bool = False
    back: bool = False
    left: bool = False
    right: bool = False
    jump: bool = False
    sneak: bool = False
    sprint: bool = False
    attack: bool = False
    use: bool = False
    pitch: float = 0.0
    yaw: float = 0.0

    def __post_init__(self) -> None:
        for axis in ("pitch", "yaw"):
            degrees = getattr(self, axis)
            if not math.isfinite(degrees) or abs(degrees) > MAX_CAMERA_DEGREES:
                raise ActionError(
                    f"{axis} is {degrees} degrees in one frame; use a number within +-{MAX_CAMERA_DEGREES:g}"
                )

    def vector(self) -> npt.NDArray[np.float32]:
        """Return the float32 vector (11,): keys as 0/1, then pitch and yaw in units of 15 degrees."""
        *keys, pitch, yaw = astuple(self)
        return np.array([*keys, pitch / DEGREES_PER_UNIT, yaw / DEGREES_PER_UNIT], dtype=np.float32)

    @staticmethod
    def from_vector(vector: Sequence[float] | npt.NDArray[np.floating]) -> "Action":
        """Read a vector (11,) as made by `vector`; a key counts as held from 0.5 upward."""
        if len(vector) != ACTION_SIZE:
            raise ActionError(f"an action vector has {ACTION_SIZE} entries, this one has {len(vector)}")
        *keys, pitch, yaw = (float(value) for value in vector)
        held = {key: value >= 0.5 for key, value in zip(KEYS, keys, strict=True)}
        return _action(held, pitch * DEGREES_PER_UNIT, yaw * DEGREES_PER_UNIT)


IDLE = Action()
"""No key, and the camera at rest."""


def parse_actions(script: str) -> list[Action]:
    """Read an action string such as `"w*40, w+right*20, yaw:3.5*30"` into one action per frame.

    Parts are separated by commas; a part is words joined by `+`, then `*` and a number of frames (1 if left out).
    Words: `w a s d`, the key names, `idle`, `left right up down` (camera, 3 degrees per frame), `yaw:X`, `pitch:X`.

    Raises:
        ActionError: naming the position (counted from 1) of what cannot be read.
    """
    actions: list[Action] = []
    position = 0
    for part in script.split(","):
        start = position + len(part) - len(part.lstrip())
        position += len(part) + 1
        if not part.strip():
            raise ActionError(
                f"action string: nothing stands at position {start + 1}; write for example w*40, right*20"
            )
        words, star, count = part.partition("*")
        frames = _frame_count(count, star, start + len(words.lstrip()) + 2 + len(count) - len(count.lstrip()))
        if len(actions) + frames > MAX_SCRIPT_FRAMES:
            raise ActionError(
                f"action string: more than {MAX_SCRIPT_FRAMES:,} frames at position {start + 1}; ask for fewer"
            )
        actions.extend([_parse_words(words.lstrip(), start)] * frames)
    return actions


def _frame_count(count: str, star: str, position: int) -> int:
    if not star:
        return 1
    if not re.fullmatch(r"\d{1,9}", count.strip(), re.ASCII) or int(count) == 0:
        raise ActionError(
            f"action string: {count.strip()!r} at position {position} is not a number of frames; write for example w*40"
        )
    return int(count)


def _parse_words(words: str, start: int) -> Action:
    keys: dict[str, bool] = {}
    camera = {"pitch": 0.0, "yaw": 0.0}
    position = start
    for raw in words.split("+"):
        word = raw.strip().lower()
        axis, colon, degrees = word.partition(":")
        if word in _HELD:
            keys[_HELD[word]] = True
        elif word in _TURNS:
            turned, sign = _TURNS[word]
            camera[turned] += sign * TURN_DEGREES
        elif colon and axis in camera and _NUMBER.fullmatch(degrees.strip()):
            camera[axis] += float(degrees)
        elif word != "idle":
            known = ", ".join(sorted({*_HELD, *_TURNS, "idle", "yaw:DEGREES", "pitch:DEGREES"}))
            raise ActionError(f"action string: {word!r} at position {position + 1} is unknown; use one of {known}")
        position += len(raw) + 1
    try:
        return _action(keys, **camera)
    except ActionError as error:
        raise ActionError(f"action string: at position {start + 1} {error}") from None


def _action(held: Mapping[str, bool], pitch: float, yaw: float) -> Action:
    return Action(pitch=pitch, yaw=yaw, **{key: held.get(key, False) for key in KEYS})
