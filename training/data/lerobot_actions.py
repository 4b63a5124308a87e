"""What the numbers of a LeRobot `action` are called, by us and by others, and how they become action vectors.

LeRobot describes an action only by the names of its numbers, so names are all there is to go by: keys of ours and what
others call them, and camera motion with its unit where the name tells it (`yaw_15deg`, `yaw_deg`, `yaw_rad`).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from model.actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from model.errors import DataError
from model.footage.clip import Actions, Known

NAMES = (*KEYS, "pitch_15deg", "yaw_15deg")
"""What we call the numbers of an action: those of `model.actions`, as they are."""

CameraUnit = Literal["degrees", "radians", "units"]
"""Of camera motion in one frame; a unit is 15 degrees, as in GF-Minecraft."""

MAX_NUMBERS = 1024
"""Most numbers of an action that is believed."""

_OTHER_NAMES = {
    "forward": ("w", "move_forward"),
    "back": ("s", "backward", "backwards", "move_back", "move_backward"),
    "left": ("a", "strafe_left", "move_left"),
    "right": ("d", "strafe_right", "move_right"),
    "jump": ("space",),
    "sneak": ("shift", "left.shift", "crouch"),
    "sprint": ("ctrl", "control", "left.control", "run"),
    "attack": ("mouse_left",),
    "use": ("mouse_right",),
}
_ENTRIES = {name: entry for entry, key in enumerate(KEYS) for name in (key, *_OTHER_NAMES[key])}
_PREFIX = re.compile(r"(?:(?:action|keyboard|keys?|buttons?)[._/ ]+)+")
_CAMERA = re.compile(r"(?:camera_|mouse_|delta_|d)?(pitch|yaw)(?:_delta)?(?:_(15deg|units|deg|degrees|rad|radians))?")
_UNITS: dict[str, CameraUnit] = {
    "15deg": "units",
    "units": "units",
    "deg": "degrees",
    "degrees": "degrees",
    "rad": "radians",
    "radians": "radians",
}
_UNITS_PER = {"degrees": 1 / DEGREES_PER_UNIT, "radians": math.degrees(1) / DEGREES_PER_UNIT, "units": 1.0}


@dataclass(frozen=True)
class ActionNames:
    """Where in an action of some dataset the entries of our action vectors stand."""

    count: int
    """Numbers of an action there."""
    columns: Mapping[int, int]
    """Entry of ours -> number there, of those that it has."""
    factors: Mapping[int, float]
    """Entry of the camera -> units of 15 degrees in one of its own."""

    def known(self) -> Known:
        """Which entries (11,) of our vectors are there."""
        return np.isin(np.arange(ACTION_SIZE), list(self.columns))

    def vectors(self, rows: npt.NDArray[np.floating[Any]], where: str) -> Actions:
        """Our vectors (t, 11) from their rows (t, n), one by one; a key counts as held from 0.5 upward.

        Raises:
            DataError: naming `where` the rows are from, when a key or the camera is out of range.
        """
        vectors = np.zeros((len(rows), ACTION_SIZE), np.float32)
        for entry, column in self.columns.items():
            values = rows[:, column].astype(np.float32, copy=False)
            if entry < len(KEYS):
                if not ((values >= 0) & (values <= 1)).all():
                    raise DataError(f"{where}: the key {KEYS[entry]} is not between 0 and 1; export the dataset again")
                vectors[:, entry] = values >= 0.5
            else:
                factor = self.factors[entry]
                # the bits of ours stay as they are; a NaN compares as false
                vectors[:, entry] = values if factor == 1 else values * np.float32(factor)
                if not (np.abs(vectors[:, entry]) * DEGREES_PER_UNIT <= MAX_CAMERA_DEGREES).all():
                    raise DataError(
                        f"{where}: {NAMES[entry].partition('_')[0]} turns more than {MAX_CAMERA_DEGREES:g} degrees in "
                        "a frame or is no number; check the unit of the camera"
                    )
        return vectors


OURS = ActionNames(
    ACTION_SIZE, {entry: entry for entry in range(ACTION_SIZE)}, dict.fromkeys(range(len(KEYS), ACTION_SIZE), 1.0)
)
"""`NAMES`, read as they are."""


def action_names(feature: Any, camera_unit: CameraUnit, where: str) -> ActionNames:
    """Read the entry `action` of a dataset's features.

    Names are compared without case and without what says that it is a key (`key.forward`, `keyboard_w`). Camera motion
    whose name tells no unit is in `camera_unit`.

    Raises:
        DataError: naming `where` it stands, when there are no names or none that we know; it lists them.
    """
    names = _listed(feature)
    if names is None:
        raise DataError(f"{where}: does not name the numbers of an action; name them, as in {', '.join(NAMES)}")
    columns: dict[int, int] = {}
    factors: dict[int, float] = {}
    for column, name in enumerate(names):
        entry, unit = _meant(name)
        if entry is None:
            continue
        if entry in columns:
            raise DataError(f"{where}: {names[columns[entry]]!r} and {name!r} mean the same; rename one of them")
        columns[entry] = column
        if entry >= len(KEYS):
            factors[entry] = _UNITS_PER[unit or camera_unit]
    if not columns:
        shown = ", ".join(name[:40] for name in names[:40])
        raise DataError(
            f"{where}: no number of an action is known here ({shown}); use names such as {', '.join(NAMES)}"
        )
    return ActionNames(len(names), columns, factors)


def _listed(feature: Any) -> list[str] | None:
    """Names in the order of the numbers: a list, a list under some word ("motors"), or a table of positions."""
    names: Any = feature.get("names") if isinstance(feature, dict) else None
    if isinstance(names, dict) and len(names) == 1 and isinstance(next(iter(names.values())), list):
        names = next(iter(names.values()))
    if isinstance(names, dict) and sorted(map(str, names.values())) == sorted(map(str, range(len(names)))):
        names = sorted(names, key=lambda name: int(names[name]))
    if not isinstance(names, list) or not 0 < len(names) <= MAX_NUMBERS:
        return None
    return names if all(isinstance(name, str) for name in names) else None


def _meant(name: str) -> tuple[int | None, CameraUnit | None]:
    """Entry of our vectors that a name means, and the unit that it tells."""
    plain = name.strip().lower()
    for spelled in (plain, _PREFIX.sub("", plain, count=1)):
        if spelled in _ENTRIES:
            return _ENTRIES[spelled], None
        if found := _CAMERA.fullmatch(spelled.replace(".", "_")):
            axis, unit = found.groups()
            return ACTION_SIZE - 2 + ("pitch", "yaw").index(axis), _UNITS.get(unit)
    return None, None
