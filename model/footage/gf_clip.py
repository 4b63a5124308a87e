"""Writer of clips in the GF-Minecraft layout: `video/NAME.mp4`, then `metadata/NAME.json`, rows in `annotation.csv`.

The metadata is renamed into place last, so a clip exists if and only if its metadata does, whatever happens. Beside
the layout's own keys a record holds `keys`, all keys held (`scs` has room for one of three), and the document may hold
`known` (names of the entries that were recorded, only where not all were), `prompts` and `tags`.
"""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from ..errors import DataError
from ..files import finished_file, write_atomically
from .clip import Actions, Details, Frames, Known, Prompt
from .untrusted import plain_name, read_json
from .video import Encoding, VideoWriter

ACTION_ENTRIES = (*KEYS, "pitch", "yaw")
"""Names of the entries of an action vector, as `known` lists them."""
ANNOTATION_COLUMNS = ("Original video name", "Start frame index", "End frame index", "Prompt")
"""Header of `annotation.csv`."""

Positions = npt.NDArray[np.floating]
"""(t, 3), x, y (up), z in blocks."""


def write_clip(
    folder: Path,
    name: str,
    chunks: Iterable[Frames],
    actions: Actions,
    *,
    fps: float,
    size: tuple[int, int],
    details: Details | None = None,
    known: Known | None = None,
    extra: Mapping[str, Any] | None = None,
    positions: Positions | None = None,
    pitch: float = 0.0,
    encoding: Encoding | None = None,
) -> None:
    """Write one clip of frames of `size` (height, width); reading it back gives the same actions to the bit.

    `extra` goes into the metadata as it is: plain JSON values under keys that the layout does not use. `pitch` is that
    of the camera in frame 0, in degrees.

    Raises:
        DataError: when the actions cannot be written, or there are more or fewer frames than actions.
    """
    _refuse_unwritable(name, actions)
    with clip_video(folder, name, size, fps, encoding) as video:
        for frames in _counted(name, chunks, len(actions)):
            video.write(frames)
    write_metadata(folder, name, actions, details=details, known=known, extra=extra, positions=positions, pitch=pitch)


@contextmanager
def clip_video(
    folder: Path, name: str, size: tuple[int, int], fps: float, encoding: Encoding | None = None
) -> Iterator[VideoWriter]:
    """Give a writer for the frames of a clip, whose video is there once all went well; its metadata comes after."""
    path = folder / "video" / f"{plain_name(name, str(folder))}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    with finished_file(path) as unfinished, VideoWriter(unfinished, size, fps, encoding, container="mp4") as video:
        yield video


def write_metadata(
    folder: Path,
    name: str,
    actions: Actions,
    *,
    details: Details | None = None,
    known: Known | None = None,
    extra: Mapping[str, Any] | None = None,
    positions: Positions | None = None,
    pitch: float = 0.0,
) -> None:
    """Write the metadata of a clip whose video already lies in `folder`: from now on the clip exists.

    Raises:
        DataError: when the actions cannot be written so that reading gives them back.
    """
    _refuse_unwritable(name, actions)
    document = described(details or Details(), known)
    reserved = {"actions", "known", "prompts", "tags", *document} & set(extra or {})
    if reserved:
        raise ValueError(f"extra metadata takes the place of {sorted(reserved)}")
    document |= extra or {}
    document["actions"] = _records(actions, positions, pitch)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    write_atomically(folder / "metadata" / f"{plain_name(name, str(folder))}.json", text.encode())


def described(details: Details, known: Known | None = None, pitch: float = 0.0) -> dict[str, Any]:
    """What is known of a clip besides its actions, as plain JSON values; metadata states the pitch in its records."""
    document: dict[str, Any] = {
        "biome": details.biome,
        "initial_weather": details.weather,
        "start_time": details.time,
    }
    if known is not None and not known.all():
        document["known"] = [entry for entry, recorded in zip(ACTION_ENTRIES, known, strict=True) if recorded]
    if details.prompts:
        document["prompts"] = [[prompt.start, prompt.end, prompt.text] for prompt in details.prompts]
    if details.tags:
        document["tags"] = list(details.tags)
    if pitch:
        document["pitch"] = pitch
    return document


def append_annotation(folder: Path, name: str, prompts: Sequence[Prompt]) -> None:
    """Add the rows of one clip to `annotation.csv`; a single write, so that a row is there whole or not at all."""
    path = folder / "annotation.csv"
    folder.mkdir(parents=True, exist_ok=True)
    header = [] if path.is_file() else [ANNOTATION_COLUMNS]
    rows = [(f"{name}.mp4", prompt.start, prompt.end, prompt.text) for prompt in prompts]
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(file, _csv([*header, *rows]))
    finally:
        os.close(file)


def rebuild_annotations(folder: Path) -> None:
    """Write `annotation.csv` anew from the prompts in the metadata of all clips in `folder`."""
    rows: list[tuple[Any, ...]] = [ANNOTATION_COLUMNS]
    for path in sorted((folder / "metadata").glob("*.json")):
        if not path.name.startswith("."):
            rows += [(f"{path.stem}.mp4", *row) for row in read_json(path).get("prompts", ())]
    write_atomically(folder / "annotation.csv", _csv(rows))


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _records(actions: Actions, positions: Positions | None, pitch: float) -> dict[str, dict[str, Any]]:
    turned = np.cumsum(actions[:, -2:].astype(np.float64) * DEGREES_PER_UNIT, axis=0)
    degrees = (turned + np.array([pitch, 0.0])).round(4)
    records: dict[str, dict[str, Any]] = {}
    for k, vector in enumerate(actions):
        held = [key for key, value in zip(KEYS, vector, strict=False) if value]
        record: dict[str, Any] = {
            "ws": _choice(held, "forward", "back"),
            "ad": _choice(held, "left", "right"),
            "scs": next((code for code, key in enumerate(("jump", "sneak", "sprint"), 1) if key in held), 0),
            "pitch": float(degrees[k, 0]),
            "yaw": float(degrees[k, 1]),
            "pitch_delta": _exact(vector[-2]),
            "yaw_delta": _exact(vector[-1]),
            "keys": held,
        }
        if positions is not None:
            record["pos"] = [round(float(value), 4) for value in positions[k]]
        records[str(k)] = record
    return records


def _choice(held: Sequence[str], first: str, second: str) -> int:
    """1 or 2 for the one key held; both at once cancel out, as in the layout, and stand in `keys`."""
    pressed = [code for code, key in enumerate((first, second), 1) if key in held]
    return pressed[0] if len(pressed) == 1 else 0


def _exact(value: np.float32) -> float:
    """Return the shortest decimal number that reads as the same float32."""
    short = float(str(value))
    return short if np.float32(short) == value else float(value)


def _counted(name: str, chunks: Iterable[Frames], expected: int) -> Iterator[Frames]:
    count = 0
    for frames in chunks:
        count += len(frames)
        yield frames
    if count != expected:
        raise DataError(f"{name}: {count} frames, {expected} actions; give one action for each frame")


def _refuse_unwritable(name: str, actions: Actions) -> None:
    if actions.dtype != np.float32 or actions.ndim != 2 or actions.shape[1] != ACTION_SIZE or not len(actions):
        raise DataError(
            f"{name}: actions are {actions.dtype} {actions.shape}; give float32 (frames, {ACTION_SIZE}), not none"
        )
    keys, camera = actions[:, :-2], actions[:, -2:]
    if not np.isin(keys, (0, 1)).all():
        raise DataError(f"{name}: keys must be 0 or 1; threshold them first")
    if not np.isfinite(camera).all() or np.abs(camera).max() * DEGREES_PER_UNIT > MAX_CAMERA_DEGREES:
        raise DataError(
            f"{name}: turns the camera by more than {MAX_CAMERA_DEGREES:g} degrees in a frame; "
            f"give units of {DEGREES_PER_UNIT:g} degrees"
        )
    if actions[0].any():
        raise DataError(f"{name}: action 0 belongs to no transition; set it to neutral")
