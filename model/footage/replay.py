"""The replay format: a folder that holds what was seen, what the hands did, and all that makes the frames again.

    replay.toml              what was played, with which seed, on what machine
    actions.jsonl            one line per frame; line 0 is the picture that it began with, which no action made
    video.mkv                the same frames, H.264
    start.png                the picture it began with, to the byte, or, where it began in the midst of a session,
    states/start.safetensors the state of that session

It is written as one plays. Whatever was on the disk when a recorder was killed is a replay: a torn last line is left
out, and of video and lines the shorter counts.
"""

import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import tomli_w

from ..actions import KEYS, Action
from ..config import ConfigError, build, plain
from ..errors import ArvdError, DataError
from ..machine import Machine
from .untrusted import in_words, inside, json_lines, read_toml

FORMAT = 1
"""Version of the format that this code reads and writes."""

HEADER, LINES, VIDEO = "replay.toml", "actions.jsonl", "video.mkv"
START_PICTURE, START_STATE = "start.png", "states/start.safetensors"

MAX_FRAMES = 1 << 20
"""Most frames of one replay: 18 hours at 16 per second."""
_MAX_HEADER_BYTES = 1 << 16
_MAX_SIDE = 4096
_HASH = re.compile(r"[0-9a-f]{0,128}")


@dataclass(frozen=True, kw_only=True)
class ReplayStart:
    """Where a replay begins."""

    kind: Literal["picture", "state"]
    """A session's first picture (`start.png`), or its state in the midst of it (`states/start.safetensors`)."""
    scene: str
    """Name of the scene, or of the picture's file."""
    index: int = 0
    """Frames that the session had generated before."""

    def __post_init__(self) -> None:
        if self.index < 0 or (self.kind == "picture" and self.index):
            raise ValueError(f"index {self.index} is no number of frames before a {self.kind}")


@dataclass(frozen=True, kw_only=True)
class ReplayHeader:
    """`replay.toml`."""

    format: int = FORMAT
    world: str
    """Name of the world."""
    world_hash: str
    """Identifies its weights and configuration."""
    width: int
    height: int
    """Size of a frame in pixels."""
    fps: float
    seed: int
    sampler: str
    steps: int
    """Network evaluations per frame."""
    runtime: str
    """What computed the frames and in which precision, such as `eager bfloat16`."""
    recorded: str
    """Local date and time of the beginning, ISO 8601."""
    start: ReplayStart
    machine: Machine
    learned: tuple[str, ...] = tuple(key for key in KEYS if key not in ("attack", "use"))
    """Keys that mean something in the world. Before it was noted no world had learned attack and use."""

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"format is {self.format}, this arvd reads {FORMAT}")
        if not (0 < self.width <= _MAX_SIDE and 0 < self.height <= _MAX_SIDE and 0 < self.fps <= 1000):
            raise ValueError(f"{self.width}x{self.height} at {self.fps} frames per second is no video")
        if not (0 <= self.seed < 1 << 63 and 1 <= self.steps <= 1000):
            raise ValueError(f"seed {self.seed} or steps {self.steps} is out of range")
        if unknown := set(self.learned) - set(KEYS):
            raise ValueError(f"learned names unknown keys {in_words(sorted(unknown))}; use {', '.join(KEYS)}")
        for text in (self.world, self.world_hash, self.sampler, self.runtime, self.recorded, self.start.scene):
            if len(text) > 200 or not text.isprintable():
                raise ValueError(f"{text[:40]!r} is no name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayLine:
    """One line of `actions.jsonl`: a frame."""

    index: int
    """Frames since the replay began; 0 is the picture it began with."""
    action: Action
    """What turned the frame before into this one; degrees to the last bit."""
    time: float
    """Seconds on a clock that never goes back, from the beginning of the replay to the end of this frame's making."""
    hash: str = ""
    """Of the frame's bytes; empty where the picture was dropped."""
    ms: float = 0.0
    """That generating it took."""
    focus: bool = True
    """Whether the window had the person's keyboard."""
    late: int = 0
    """Frames of the world's rate that were left out just before, since a step took too long."""
    dropped: bool = False
    """Whether the recorder could not keep up and lost this picture: the video repeats the one before it."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.time) and math.isfinite(self.ms) and self.late >= 0 and _HASH.fullmatch(self.hash)):
            raise ValueError(f"time {self.time}, ms {self.ms}, late {self.late} or hash is out of range")


@dataclass(frozen=True)
class Replay:
    """What a replay's folder says, its video apart."""

    folder: Path
    header: ReplayHeader
    lines: tuple[ReplayLine, ...]

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.resolve().name

    @property
    def video(self) -> Path:
        """Its video, which may be a few frames longer or shorter than `lines`."""
        return self.folder / VIDEO

    def start_picture(self) -> Path:
        """Return the picture that it began with; raises DataError where that is missing."""
        path = self.folder / START_PICTURE
        if not path.is_file():
            raise DataError(f"{path}: missing, and the replay begins with it; restore it or copy the replay again")
        return path


def is_replay(folder: Path) -> bool:
    """Whether the folder says that it is one."""
    return (folder / HEADER).is_file()


def read_replay(folder: Path) -> Replay:
    """Read a replay, whether it was closed or its recorder killed.

    Raises:
        DataError: naming the file, and the line or key, that cannot be used.
    """
    for name in (HEADER, LINES, VIDEO, START_PICTURE, START_STATE):
        inside(folder, folder / name)
    for name in (HEADER, LINES, VIDEO):
        if not (folder / name).is_file():
            raise DataError(f"{folder / name}: missing; give the folder of a replay, or restore the file")
    return Replay(folder, read_header(folder / HEADER), tuple(_read_lines(folder / LINES)))


def read_header(path: Path) -> ReplayHeader:
    """Read `replay.toml` strictly; raises DataError naming the key."""
    table = read_toml(path, _MAX_HEADER_BYTES)
    if isinstance(newer := table.get("format"), int) and newer > FORMAT:  # its other keys may be any
        raise DataError(f"{path}: format is {newer}, this arvd reads {FORMAT}; update arvd or record again")
    try:
        return build(ReplayHeader, table)
    except ConfigError as error:
        raise DataError(f"{path}: not readable ({error}); copy it again or remove the replay") from None


def header_text(header: ReplayHeader) -> str:
    """Return `replay.toml`."""
    return tomli_w.dumps(plain(header))


def line_table(line: ReplayLine) -> dict[str, Any]:
    """Return a line as plain values; of the action, only what the hands did."""
    action: dict[str, Any] = {key: True for key in KEYS if getattr(line.action, key)}
    camera = {"pitch": float(line.action.pitch), "yaw": float(line.action.yaw)}
    action |= {axis: degrees for axis, degrees in camera.items() if repr(degrees) != "0.0"}  # -0.0 is kept
    return {
        "index": line.index,
        "action": action,
        "time": round(line.time, 6),
        "hash": line.hash,
        "ms": round(line.ms, 3),
        "focus": line.focus,
        "late": line.late,
        "dropped": line.dropped,
    }


def frame_hash(frame: npt.NDArray[np.uint8]) -> str:
    """Return what tells a frame (h, w, 3) from all others: BLAKE2b, 128 bits, hexadecimal."""
    return hashlib.blake2b(np.ascontiguousarray(frame).data, digest_size=16).hexdigest()


def _read_lines(path: Path) -> list[ReplayLine]:
    lines: list[ReplayLine] = []
    for number, table in json_lines(path, torn=True):
        where = f"{path}: line {number}"
        try:
            line = build(ReplayLine, table)
        except (ConfigError, OverflowError, ArvdError) as error:
            raise DataError(f"{where}: {error}; copy the file again or remove the replay") from None
        if line.index != len(lines):
            raise DataError(f"{where} is of frame {line.index}, not {len(lines)}; copy the file again")
        if line.index == 0 and line.action != Action():
            raise DataError(f"{where}: no action led to the first picture; record again")
        if line.index == MAX_FRAMES:
            raise DataError(f"{path}: holds more than the {MAX_FRAMES:,} frames of any replay; remove it")
        lines.append(line)
    return lines
