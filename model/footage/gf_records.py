"""What a clip's metadata in GF-Minecraft layout says: its records, checked, in a form that takes 10 bytes a frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from ..actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from ..errors import DataError
from .clip import Actions, Details, Known, Prompt, everything_known
from .gf_clip import ACTION_ENTRIES
from .pitch import stated_pitch
from .untrusted import in_words

_BIT = {key: 1 << column for column, key in enumerate(KEYS)}
_WS = {0: 0, 1: _BIT["forward"], 2: _BIT["back"]}
_AD = {0: 0, 1: _BIT["left"], 2: _BIT["right"]}
_SCS = {0: 0, 1: _BIT["jump"], 2: _BIT["sneak"], 3: _BIT["sprint"]}
_FARTHEST = 1e8  # blocks from the origin; Minecraft ends at 3e7

Positions = npt.NDArray[np.float64]
"""(t, 3), where the player stood in each frame, in blocks: x, y (up), z."""


@dataclass(frozen=True, eq=False)
class Records:
    """One clip's metadata."""

    held: npt.NDArray[np.uint16]
    """(t,), bit i is set while KEYS[i] is down."""
    camera: npt.NDArray[np.float32]
    """(t, 2), pitch and yaw in units of 15 degrees."""
    known: Known
    details: Details
    original: bool
    """Whether GameFactory's own scripts recorded it, not arvd: no record lists its keys."""
    pitch: float = 0.0
    """Of the camera in frame 0, in degrees."""

    def __len__(self) -> int:
        """Count of frames."""
        return len(self.held)

    @property
    def actions(self) -> Actions:
        """Action vectors (t, 11), entries that are not known being 0."""
        actions = np.empty((len(self), ACTION_SIZE), np.float32)
        actions[:, : len(KEYS)] = self.held[:, None] >> np.arange(len(KEYS), dtype=np.uint16) & 1
        actions[:, len(KEYS) :] = self.camera
        actions[:, ~self.known] = 0
        return actions


def parse_records(document: Any, path: Path) -> Records:
    """Check the document read from `path`, a clip's metadata.

    Raises:
        DataError: naming the first fault.
    """
    records = _ordered(document, path)
    held = np.zeros(len(records), np.uint16)
    camera = np.zeros((len(records), 2))
    original = True
    for k, record in enumerate(records):
        try:
            held[k] = _WS[record["ws"]] | _AD[record["ad"]] | _SCS[record["scs"]]
            camera[k] = _number(record["pitch_delta"]), _number(record["yaw_delta"])
            if "keys" in record:
                held[k] |= _bits(record["keys"], f'{path}: action "{k}"')
                original = False
        except (KeyError, TypeError, ValueError, OverflowError, IndexError) as error:
            _garbled(record, f'{path}: action "{k}"', error)
    absurd = ~(np.abs(camera).max(1) * DEGREES_PER_UNIT <= MAX_CAMERA_DEGREES)
    if absurd.any():
        k = int(absurd.argmax())
        raise DataError(
            f'{path}: action "{k}" turns the camera by {camera[k] * DEGREES_PER_UNIT} degrees; '
            f"give deltas in units of {DEGREES_PER_UNIT:g} degrees"
        )
    held[0], camera[0] = 0, 0  # entry 0 belongs to no transition
    known = parse_known(document, path) if "known" in document else _guessed(original, bool(camera.any()))
    details, pitch = parse_details(document, path), parse_pitch(records[0], path)
    return Records(held, camera.astype(np.float32), known, details, original, pitch)


def parse_positions(document: Any, path: Path) -> Positions | None:
    """Where the player stood in each frame, by the document read from `path`; None when no record says.

    Raises:
        DataError: when only some records say, or say no place.
    """
    records = _ordered(document, path)
    places = [record.get("pos") if isinstance(record, dict) else None for record in records]
    if all(place is None for place in places):
        return None
    for k, place in enumerate(places):
        if not isinstance(place, list) or len(place) != 3 or not all(type(axis) in (int, float) for axis in place):
            raise DataError(f'{path}: action "{k}" has no place "pos" of 3 numbers; export the clip again')
    try:
        positions = np.array(places, np.float64)
    except OverflowError:
        positions = np.full(1, np.inf)
    if not (np.abs(positions) <= _FARTHEST).all():
        raise DataError(f'{path}: a place "pos" is farther away than any world reaches; export the clip again')
    return positions


def _ordered(document: Any, path: Path) -> list[Any]:
    records = document.get("actions") if isinstance(document, dict) else None
    if not isinstance(records, dict) or not records:
        raise DataError(f'{path}: has no table "actions"; export the clip again')
    for k in range(len(records)):
        if str(k) not in records:
            raise DataError(f'{path}: lacks action "{k}" of {len(records)}; export the clip again')
    return [records[str(k)] for k in range(len(records))]


def _guessed(original: bool, turns: bool) -> Known:
    """What is known of a clip that does not say.

    GameFactory's scripts never pressed attack or use, nor recorded them. A clip of theirs that never turns is of the
    keyboard-only split, whose camera was not recorded; its folder may have any name, so that the deltas decide: random
    mouse motion is never 0 throughout.
    """
    known = everything_known()
    if original:
        known[[KEYS.index("attack"), KEYS.index("use")]] = False
        known[len(KEYS) :] = turns
    return known


def parse_known(document: dict[str, Any], path: Path) -> Known:
    """Which entries of action vectors a document that lists them under "known" says were recorded.

    Raises:
        DataError: when that is no list of their names.
    """
    entries = document["known"]
    if not isinstance(entries, list) or not all(entry in ACTION_ENTRIES for entry in entries):
        raise DataError(f'{path}: "known" is no list of {", ".join(ACTION_ENTRIES)}; export the clip again')
    return np.array([entry in entries for entry in ACTION_ENTRIES])


def parse_pitch(document: dict[str, Any], path: Path) -> float:
    """Pitch that a document or the first record of one states, in degrees; level where it states none.

    Raises:
        DataError: when it is no number.
    """
    try:
        return stated_pitch(document.get("pitch", 0.0))
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: garbles its pitch ({in_words(error)}); give degrees, + = down") from None


def parse_details(document: dict[str, Any], path: Path) -> Details:
    """Return what else it says, passing over what is no text; prompts stand here only in arvd's own clips.

    Raises:
        DataError: when prompts or tags have another form.
    """
    rows, tags = document.get("prompts", []), document.get("tags", [])
    if not isinstance(rows, list) or not all(map(_is_prompt, rows)):
        raise DataError(f'{path}: "prompts" is no list of [start, end, text]; export the clip again')
    if not isinstance(tags, list):
        raise DataError(f'{path}: "tags" is no list of words; export the clip again')
    return Details(
        biome=_text(document.get("biome")),
        weather=_text(document.get("initial_weather")),
        time=_text(document.get("start_time")),
        prompts=tuple(Prompt(start, end, _text(text)) for start, end, text in rows),
        tags=tuple(_text(tag) for tag in tags if isinstance(tag, str)),
    )


def _is_prompt(row: Any) -> bool:
    if not isinstance(row, list) or len(row) != 3:
        return False
    start, end, text = row
    return type(start) is type(end) is int and 0 <= start < end < 1 << 31 and isinstance(text, str)


def _text(value: Any) -> str:
    """Return `value` if it is text, without the halves of characters that JSON can spell but no file can hold."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _number(value: Any) -> float:
    if type(value) not in (float, int):
        raise TypeError(f"{value!r:.40}, not a number")
    return float(value)


def _bits(keys: Sequence[Any], where: str) -> int:
    unknown = set(keys) - set(KEYS)
    if unknown:
        raise DataError(f"{where} names unknown keys {in_words(sorted(map(str, unknown)))}; use {', '.join(KEYS)}")
    return sum(_BIT[key] for key in set(keys))


def _garbled(record: Any, where: str, error: Exception) -> NoReturn:
    if not isinstance(record, dict):
        raise DataError(f"{where} is not a table; export the clip again")
    raise DataError(
        f"{where} lacks or garbles {in_words(error)}; expected ws, ad, scs, pitch_delta and yaw_delta"
    ) from None
