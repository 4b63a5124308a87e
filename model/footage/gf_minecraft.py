"""Reader of the GF-Minecraft layout (GameFactory, arXiv:2501.08325): `metadata/` beside `video/`, or flat.

Entry k of a clip's `actions` belongs to frame k and turned frame k-1 into it, which is arvd's own alignment.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from ..errors import DataError
from .clip import Actions, Dataset, Frames
from .untrusted import inside, read_json
from .video import VideoHead, decode_chunks, read_head

_WS = {0: None, 1: "forward", 2: "back"}
_AD = {0: None, 1: "left", 2: "right"}
_SCS = {0: None, 1: "jump", 2: "sneak", 3: "sprint"}


@dataclass(frozen=True)
class _Entry:
    name: str
    metadata: Path
    video: Path


class GFMinecraft(Dataset):
    """A folder of clips in GF-Minecraft layout, two-folder or flat."""

    def __init__(self, root: Path, names: Collection[str] | None = None) -> None:
        """Index the clips under `root`, or only those of `names`; raises DataError naming the first fault."""
        self.root = root
        self._entries = [entry for entry in _index(root) if names is None or entry.name in names]
        for path in (path for entry in self._entries for path in (entry.metadata, entry.video)):
            inside(root, path)
        for entry in self._entries:
            if not entry.video.is_file():
                json_name = entry.metadata.name
                raise DataError(f"{entry.video}: the video is missing; restore it or remove {json_name}")
        self._actions = [_read_actions(entry.metadata) for entry in self._entries]
        heads = [read_head(entry.video) for entry in self._entries]
        first = heads[0]
        for entry, head, actions in zip(self._entries, heads, self._actions, strict=True):
            if (head.height, head.width, head.fps) != (first.height, first.width, first.fps):
                raise DataError(
                    f"{entry.video}: is {_shape(head)}, other clips are {_shape(first)}; keep one size and rate"
                )
            if head.frames and head.frames != len(actions):
                raise _count_error(entry, head.frames, len(actions))
        self._head = first

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, sorted."""
        return tuple(entry.name for entry in self._entries)

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self._head.fps

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self._head.height, self._head.width

    @cached_property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(len(actions) for actions in self._actions)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip."""
        return self._actions[index]

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time; raises DataError when the video does not match its actions."""
        entry, expected = self._entries[index], len(self._actions[index])
        count = 0
        for frames in decode_chunks(entry.video):
            count += len(frames)
            if count <= expected:
                yield frames
        if count != expected:
            raise _count_error(entry, count, expected)

    def video(self, index: int) -> Path:
        """The clip's own video."""
        return self._entries[index].video

    def digest(self, index: int) -> str:
        """SHA-256 over the clip's video and metadata."""
        entry = self._entries[index]
        sha = hashlib.sha256()
        for path in (entry.video, entry.metadata):
            sha.update(path.read_bytes())
        return sha.hexdigest()


def _count_error(entry: _Entry, frames: int, actions: int) -> DataError:
    return DataError(
        f"{entry.name}: the video has {frames} frames but the metadata {actions} actions; "
        "export the clip again or remove it"
    )


def clip_names(root: Path) -> tuple[str, ...]:
    """Names of the clips under `root`, sorted, unread; raises DataError when there are none."""
    return tuple(entry.name for entry in _index(root))


def _index(root: Path) -> list[_Entry]:
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; give the folder that holds metadata/ and video/")
    # GameFactory's own post-processing writes metadata-detection/ in the place of metadata/
    folders = [root / name for name in ("metadata", "metadata-detection") if (root / name).is_dir()]
    metadata_dir, video_dir = (folders[0], root / "video") if folders else (root, root)
    entries = [
        _Entry(path.stem, path, video_dir / f"{path.stem}.mp4")
        for path in sorted(metadata_dir.glob("*.json"))
        if path.is_file() and not path.name.startswith(".")
    ]
    if not entries:
        raise DataError(f"{root}: holds no clips; expected metadata/*.json and video/*.mp4, or both in one folder")
    return entries


def _read_actions(path: Path) -> Actions:
    document = read_json(path)
    records = document.get("actions") if isinstance(document, dict) else None
    if not isinstance(records, dict) or not records:
        raise DataError(f'{path}: has no table "actions"; export the clip again')
    actions = np.zeros((len(records), ACTION_SIZE), np.float32)
    for k in range(len(records)):
        try:
            record = records[str(k)]
        except KeyError:
            raise DataError(f'{path}: lacks action "{k}" of {len(records)}; export the clip again') from None
        actions[k] = _vector(record, f'{path}: action "{k}"')
    actions[0] = 0  # entry 0 belongs to no transition
    return actions


def _vector(record: Any, where: str) -> Actions:
    if not isinstance(record, dict):
        raise DataError(f"{where} is not a table; export the clip again")
    vector = np.zeros(ACTION_SIZE, np.float32)
    try:
        pressed = {_WS[record["ws"]], _AD[record["ad"]], _SCS[record["scs"]]} - {None}
        pressed |= set(record.get("keys", ()))
        camera = np.array([_number(record["pitch_delta"]), _number(record["yaw_delta"])])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where} lacks or garbles {error}; expected ws, ad, scs, pitch_delta and yaw_delta") from None
    unknown = pressed - set(KEYS)
    if unknown:
        raise DataError(f"{where} names unknown keys {sorted(map(str, unknown))}; use {', '.join(KEYS)}")
    if not np.isfinite(camera).all() or np.abs(camera).max() * DEGREES_PER_UNIT > MAX_CAMERA_DEGREES:
        raise DataError(
            f"{where} turns the camera by {camera * DEGREES_PER_UNIT} degrees; "
            f"give deltas in units of {DEGREES_PER_UNIT:g} degrees"
        )
    for column, key in enumerate(KEYS):
        vector[column] = key in pressed
    vector[-2:] = camera
    return vector


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40}, not a number")
    return float(value)


def _shape(head: VideoHead) -> str:
    return f"{head.width}x{head.height} at {head.fps:g} frames/s"
