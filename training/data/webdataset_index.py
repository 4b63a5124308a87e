"""The index of a folder of tar shards, `index.json`, by which any clip is read as a range of bytes.

Beside it lies `actions.f32`, the actions of all clips as little-endian float32 rows of 11 numbers, so that whoever
wants actions alone fetches 44 bytes a frame and no video.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from model.actions import ACTION_SIZE, DEGREES_PER_UNIT, MAX_CAMERA_DEGREES
from model.config import ConfigError, build
from model.errors import DataError
from model.footage.clip import Actions
from model.footage.untrusted import MAX_JSON_BYTES, in_words, plain_name
from model.footage.video import MAX_SIDE

from .store import Store

INDEX, ACTIONS = "index.json", "actions.f32"
VIDEOS = (".mp4", ".mkv", ".webm", ".mov", ".avi")
"""Endings of videos in a shard."""
ACTION_BYTES = 4 * ACTION_SIZE
"""Bytes of one frame in `actions.f32`."""
MAX_VIDEO_BYTES = 4 << 30
"""Largest video of a clip; 2,000 frames of 640x360 take 50 MB."""
MAX_FRAMES = 1 << 20
"""Most frames of a clip: 18 hours at 16 a second."""

_FORMAT, _VERSION = "arvd-webdataset", 1
_MAX_FPS = 1000.0


@dataclass(frozen=True, kw_only=True)
class ShardClip:
    """One clip as the index knows it."""

    name: str
    frames: int
    shard: str
    start: int
    """First byte of the video in its shard."""
    size: int
    """Bytes of the video."""
    suffix: str
    """Ending of the video's name, with the dot."""
    digest: str
    """Content hash of video and actions, or what stands for one."""
    sha256: str = ""
    """Of the video; empty where nobody has read it yet."""
    source: str = ""
    """Content hash of the clip that it was written from."""
    about: dict[str, Any] = field(default_factory=dict)
    """What else is known, as in the metadata of the GF-Minecraft layout."""

    def __post_init__(self) -> None:
        """Refuse what no clip is."""
        if self.suffix not in VIDEOS:
            raise ValueError(f"{self.suffix!r} is no ending of a video")
        if not (0 < self.frames <= MAX_FRAMES and self.start >= 0 and 0 < self.size <= MAX_VIDEO_BYTES):
            raise ValueError("frames, start or size lie outside of what a clip has")


@dataclass(frozen=True, kw_only=True)
class ShardIndex:
    """What a folder of shards holds."""

    fps: float
    size: tuple[int, int]
    """Height and width."""
    complete: bool
    """False while the writer is not done."""
    actions_sha256: str
    """Of `actions.f32`; empty while the writer is not done."""
    clips: tuple[ShardClip, ...]

    def __post_init__(self) -> None:
        """Refuse what no footage is."""
        if not (0 < self.fps <= _MAX_FPS and all(0 < side <= MAX_SIDE for side in self.size)):
            raise ValueError("fps or size lie outside of what footage has")
        if self.complete and not self.clips:
            raise ValueError("there are no clips")

    @property
    def frames(self) -> int:
        """Frames of all clips together."""
        return sum(clip.frames for clip in self.clips)


def index_bytes(index: ShardIndex) -> bytes:
    """Return the text of `index.json`."""
    document = {"format": _FORMAT, "version": _VERSION} | asdict(index)
    return (json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def read_index(store: Store) -> ShardIndex | None:
    """Index of a folder; None where it has none, or one that is not ours.

    Raises:
        DataError: when it is ours and cannot be used.
    """
    file, where = store.file(INDEX), store.where(INDEX)
    if file is None:
        return None
    if not 0 < file.size <= MAX_JSON_BYTES:
        raise DataError(f"{where}: has {file.size:,} bytes, an index up to {MAX_JSON_BYTES >> 20} MiB; write it again")
    try:
        document = json.loads(store.read(INDEX, 0, file.size))
        if not isinstance(document, dict) or document.pop("format", None) != _FORMAT:
            return None
        if document.pop("version", None) != _VERSION:
            raise DataError(f"{where}: is of another format version than {_VERSION}; write the dataset again")
        index = build(ShardIndex, document)
    except (ValueError, RecursionError, ConfigError) as error:
        raise DataError(f"{where}: not a readable index ({in_words(error)}); write the dataset again") from None
    names = [plain_name(clip.name, where) for clip in index.clips]
    for clip in index.clips:
        plain_name(clip.shard, where)
    if len(set(names)) < len(names):
        raise DataError(f"{where}: names a clip twice; write the dataset again")
    return index


def checked_actions(actions: Actions, where: str) -> Actions:
    """Return action vectors (t, 11) that can be those of a clip; the first one belongs to no transition and is 0.

    Raises:
        DataError: naming `where` they are from.
    """
    keys, camera = actions[:, :-2], actions[:, -2:]
    if not ((keys == 0) | (keys == 1)).all():
        raise DataError(f"{where}: keys are neither 0 nor 1; export the clip again")
    if not (np.abs(camera) * DEGREES_PER_UNIT <= MAX_CAMERA_DEGREES).all():
        raise DataError(
            f"{where}: turns the camera by more than {MAX_CAMERA_DEGREES:g} degrees in a frame; "
            f"give units of {DEGREES_PER_UNIT:g} degrees"
        )
    checked = actions.astype(np.float32)
    checked[0] = 0
    return checked
