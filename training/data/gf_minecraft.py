"""Reader of the GF-Minecraft layout (GameFactory, arXiv:2501.08325): `metadata/` beside `video/`, or flat.

Entry k of a clip's `actions` belongs to frame k and turned frame k-1 into it, which is arvd's own alignment.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import av
import numpy as np

from model.actions import ACTION_SIZE, DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from model.errors import DataError

from .clip import Actions, Clip, decode_video, open_video, unreadable_video

_WS = {0: None, 1: "forward", 2: "back"}
_AD = {0: None, 1: "left", 2: "right"}
_SCS = {0: None, 1: "jump", 2: "sneak", 3: "sprint"}
_MAX_JSON_BYTES = 64 << 20
_FPS = 16.0  # frame rate of the published dataset, for a video that does not state its own


@dataclass(frozen=True)
class _Entry:
    name: str
    metadata: Path
    video: Path


class GFMinecraft:
    """A folder of clips in GF-Minecraft layout, two-folder or flat."""

    def __init__(self, root: Path, names: Collection[str] | None = None) -> None:
        """Index the clips under `root`, or only those of `names`; raises DataError naming the first fault."""
        self.root = root
        self._entries = [entry for entry in _index(root) if names is None or entry.name in names]
        for entry in self._entries:
            if not entry.video.is_file():
                json_name = entry.metadata.name
                raise DataError(f"{entry.video}: the video is missing; restore it or remove {json_name}")
        self._actions = [_read_actions(entry.metadata) for entry in self._entries]
        heads = [_video_head(entry.video) for entry in self._entries]
        for entry, head in zip(self._entries, heads, strict=True):
            if head[:3] != heads[0][:3]:
                raise DataError(
                    f"{entry.video}: is {head[1]}x{head[0]} at {head[2]:g} frames/s, other clips are "
                    f"{heads[0][1]}x{heads[0][0]} at {heads[0][2]:g}; keep one size and rate per dataset"
                )
        for entry, actions, head in zip(self._entries, self._actions, heads, strict=True):
            if head[3] and head[3] != len(actions):
                raise _count_error(entry, head[3], len(actions))
        self.size = (heads[0][0], heads[0][1])
        self.fps = heads[0][2]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, sorted."""
        return tuple(entry.name for entry in self._entries)

    @cached_property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(len(actions) for actions in self._actions)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip."""
        return self._actions[index]

    def read(self, index: int) -> Clip:
        """Decode one clip, whole; raises DataError when the video does not match its actions."""
        entry = self._entries[index]
        frames = decode_video(entry.video)
        if len(frames) != len(self._actions[index]):
            raise _count_error(entry, len(frames), len(self._actions[index]))
        return Clip(entry.name, frames, self._actions[index])

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
    try:
        if path.stat().st_size > _MAX_JSON_BYTES:
            raise DataError(f"{path}: larger than {_MAX_JSON_BYTES >> 20} MiB, which no clip needs; remove it")
        document = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON ({error}); copy it again or remove the clip") from None
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


def _video_head(path: Path) -> tuple[int, int, float, int]:
    """Height, width, frames per second and stated frame count (0 if unstated) without decoding."""
    try:
        with open_video(path) as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or _FPS)
            return stream.height, stream.width, rate, stream.frames
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(path, error) from None
