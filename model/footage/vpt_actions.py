"""What a recorder of VPT logged (Baker et al., arXiv:2206.11795): one JSON object per frame, hands and game.

Line t says what the player did while seeing frame t: it led to frame t + 1. Of a line are read the mouse's motion and
buttons, the keys, the camera's pitch, and whether a menu was open; the choice of the hotbar, dropping and such have no
place in arvd's actions and are passed over, as are unknown keys and fields. The mouse's motion is logged even where the
camera looks straight up or down already; of that, what turned it is kept. Where a menu is open the mouse moves a
cursor, in pixels whose size differs between versions of the recorder; those lines turn no camera and are left out
before it matters.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from ..actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from ..camera import bent_to
from ..errors import DataError
from .clip import Actions
from .pitch import stated_pitch
from .untrusted import in_words, json_lines, number

KEY_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "forward": "key.keyboard.w",
        "back": "key.keyboard.s",
        "left": "key.keyboard.a",
        "right": "key.keyboard.d",
        "jump": "key.keyboard.space",
        "sneak": "key.keyboard.left.shift",
        "sprint": "key.keyboard.left.control",
    }
)
"""The recorder's names of keys."""
BUTTONS: Mapping[str, int] = MappingProxyType({"attack": 0, "use": 1})
"""The recorder's numbers of mouse buttons."""
PIXELS_PER_UNIT = 2400 * DEGREES_PER_UNIT / 360
"""Mouse pixels per unit of an action vector: 2400 turn once around, 0.15 degrees each."""

_ROUNDED = 1e-3  # degrees by which a log's pitch may be rounded; motion is not cut for less
_MAX_LINES = 1 << 20  # 14 hours; contractors' recordings last 5 minutes
_EXPECTED = "expected isGuiOpen, mouse.dx, dy, buttons and newButtons, keyboard.keys; copy the log again"


@dataclass(frozen=True)
class Log:
    """A log of n lines."""

    actions: Actions
    """(n, 11); row t led to frame t + 1."""
    in_menu: npt.NDArray[np.bool_]
    """(n,), whether frame t shows a menu."""
    pitch: npt.NDArray[np.float64]
    """(n,), of the camera in frame t, in degrees; level where the log does not say."""
    stopped: npt.NDArray[np.bool_]
    """(n,), whether line t's motion went past straight up or down, of which only what turned the camera is kept."""

    def __len__(self) -> int:
        """Count of lines."""
        return len(self.in_menu)


@dataclass(frozen=True)
class _Line:
    dx: float
    dy: float
    buttons: Sequence[Any]
    new_buttons: Sequence[Any]
    keys: Sequence[Any]
    in_menu: bool
    pitch: float | None
    """None where the log does not say."""


def read_log(path: Path) -> Log:
    """Read a whole log.

    An attack that is logged as begun in the very first line is a button that the recorder took for held; it counts
    only once it is pressed again.

    Raises:
        DataError: naming the first line that cannot be used.
    """
    rows, in_menu, pitch, stopped = array("f"), array("b"), array("d"), array("b")
    stuck = False
    # what is read is ASCII, and any byte is something in Latin-1: logs in UTF-8 and in windows-1252 read alike
    for place, record in json_lines(path, "latin-1"):
        if len(in_menu) == _MAX_LINES:
            raise DataError(f"{path}: has more than {_MAX_LINES} lines; cut the recording into shorter ones")
        where = f"{path}: line {place}"
        line = _read_line(record, where)
        if not in_menu:
            stuck = line.new_buttons == [0]
        elif 0 in line.new_buttons:
            stuck = False
        vector = _vector(line, where, stuck)
        over = 0.0 if line.in_menu else _over(line, vector)
        vector[-2] -= over
        rows.extend(vector)
        in_menu.append(line.in_menu)
        pitch.append(line.pitch or 0.0)
        stopped.append(over != 0)
    if not in_menu:
        raise DataError(f"{path}: has no lines; copy the log again or remove it")
    actions = np.frombuffer(rows, np.float32).reshape(-1, ACTION_SIZE)
    menus, stops = (np.frombuffer(flags, np.int8).astype(np.bool_) for flags in (in_menu, stopped))
    return Log(actions, menus, np.frombuffer(pitch), stops)


def _read_line(record: Any, where: str) -> _Line:
    try:
        mouse, keys, in_menu = record["mouse"], record["keyboard"]["keys"], record["isGuiOpen"]
        lists = mouse["buttons"], mouse["newButtons"], keys
        dx, dy = (number(mouse[axis]) for axis in ("dx", "dy"))
        pitch = stated_pitch(record["pitch"]) if "pitch" in record else None
    except (KeyError, TypeError, IndexError, OverflowError, ValueError) as error:
        raise DataError(f"{where} lacks or garbles {in_words(error)}; {_EXPECTED}") from None
    if not isinstance(in_menu, bool) or not all(isinstance(entries, list) for entries in lists):
        raise DataError(f"{where} garbles isGuiOpen, buttons, newButtons or keys; {_EXPECTED}")
    return _Line(dx, dy, *lists, in_menu, pitch)


def _vector(line: _Line, where: str, stuck: bool) -> list[float]:
    """Action vector of one line; camera motion is not looked at where it is a cursor's."""
    if line.in_menu:
        return [0.0] * ACTION_SIZE
    held = {key for key, name in KEY_NAMES.items() if name in line.keys}
    held |= {key for key, button in BUTTONS.items() if button in line.buttons and not (key == "attack" and stuck)}
    camera = [line.dy / PIXELS_PER_UNIT, line.dx / PIXELS_PER_UNIT]
    if not all(math.isfinite(units) and abs(units) * DEGREES_PER_UNIT <= MAX_CAMERA_DEGREES for units in camera):
        degrees = ", ".join(f"{units * DEGREES_PER_UNIT:g}" for units in camera)
        raise DataError(f"{where} turns the camera by {degrees} degrees; give dx and dy in pixels of 0.15 degrees")
    return [*(float(key in held) for key in KEYS), *camera]


def _over(line: _Line, vector: list[float]) -> float:
    """Units by which a motion went past straight up or down; 0 where nobody says where the camera looked."""
    if line.pitch is None:
        return 0.0
    reached = line.pitch + vector[-2] * DEGREES_PER_UNIT
    over = reached - bent_to(reached)
    return over / DEGREES_PER_UNIT if abs(over) > _ROUNDED else 0.0
