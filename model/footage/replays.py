"""Replays as footage: what arvd recorded is what it trains on.

A replay notes what the hands did. A clip says what its frames were made from: against the stop of the camera a mouse
turns nothing, and a key that the world has not learned does nothing.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from ..actions import KEYS
from ..camera import MAX_PITCH, Camera
from ..errors import DataError
from .chunked import chunked
from .clip import Actions, Dataset, Frames, Known
from .replay import LINES, START_STATE, VIDEO, Replay, ReplayHeader, is_replay, read_replay
from .replay_video import ReplayVideo
from .seek import Picture
from .untrusted import in_words, plain_name

_ROUNDING = 1e-5  # units of the camera that differ by less were added up in another order


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretch:
    """Frames of a replay between which no picture was lost; of its lines only what a clip needs."""

    folder: Path
    header: ReplayHeader
    name: str
    start: int
    stop: int
    """Frame after the last one."""
    whole: bool
    """Whether the video holds these frames and no others."""
    actions: Actions
    differs: bool
    """Whether the hands did more than what the frames were made from."""
    pitch: float
    """Of the camera in the first frame, in degrees."""

    @property
    def video(self) -> Path:
        return self.folder / VIDEO


class Replays(Dataset):
    """A folder of replays, or one replay; a replay that lost pictures is a clip for every stretch that lost none.

    Frame 0 of a clip is the picture that it began with and has the neutral action.
    """

    def __init__(self, root: Path) -> None:
        """Index the replays in `root`; those that were killed before they held a frame are left out.

        A video whose end is lost counts as far as it is whole, as one that was cut off there.

        Raises:
            DataError: naming the first thing that cannot be used.
        """
        folders = [root] if is_replay(root) else sorted(path.parent for path in root.glob("*/replay.toml"))
        if not folders:
            raise DataError(f"{root}: holds no replays; record some with `arvd-play --record {root}`")
        self.root = root
        stretches = [stretch for folder in folders for stretch in _stretches(read_replay(folder))]
        if not stretches:
            raise DataError(f"{root}: no replay in it holds a picture; record for longer than a moment")
        self._stretches = tuple(stretches)
        first = self._stretches[0].header
        for stretch in self._stretches:
            header = stretch.header
            if (header.height, header.width, header.fps) != (first.height, first.width, first.fps):
                raise DataError(
                    f"{stretch.folder}: is {_shape(header)}, others are {_shape(first)}; "
                    "keep replays of one size and rate in a folder"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the replays' folders, sorted, with a number for the stretches of one that lost pictures."""
        return tuple(stretch.name for stretch in self._stretches)

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self._stretches[0].header.fps

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(stretch.stop - stretch.start for stretch in self._stretches)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        header = self._stretches[0].header
        return header.height, header.width

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip, read without its video."""
        return self._stretches[index].actions

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded: the camera, and the keys that the world knew."""
        learned = self._stretches[index].header.learned
        return np.array([*(key in learned for key in KEYS), True, True])

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees."""
        return self._stretches[index].pitch

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time; raises DataError when a frame cannot be decoded."""
        yield from chunked(self._shown(self._stretches[index]))

    def _shown(self, stretch: _Stretch) -> Iterator[Picture]:
        expected = stretch.start
        with ReplayVideo(stretch.video, stretch.header) as video:
            for number, picture in video.frames_from(stretch.start):
                if number != expected or number == stretch.stop:
                    break
                expected += 1
                yield picture
        if expected != stretch.stop:
            raise DataError(f"{stretch.video}: frame {expected} is damaged; copy the replay again")

    def digest(self, index: int) -> str:
        """SHA-256 over a replay's video and lines, where the clip lies in them, and its actions if hands did more."""
        stretch = self._stretches[index]
        sha = hashlib.sha256(f"{stretch.start} {stretch.stop}".encode())
        for name in (VIDEO, LINES):
            with (stretch.folder / name).open("rb") as file:
                sha.update(hashlib.file_digest(file, "sha256").digest())
        if stretch.differs:  # lines alone once were the actions
            sha.update(stretch.actions.tobytes())
        return sha.hexdigest()

    def video(self, index: int) -> Path | None:
        """The replay's video, where it holds exactly the frames of the clip."""
        stretch = self._stretches[index]
        return stretch.video if stretch.whole else None

    def files(self, index: int) -> tuple[Path, ...]:
        """The replay's folder; empty where the clip is only a part of it or the dataset is the replay itself."""
        stretch = self._stretches[index]
        alone = sum(other.folder == stretch.folder for other in self._stretches) == 1
        return (stretch.folder,) if alone and stretch.folder != self.root else ()


def _shape(header: ReplayHeader) -> str:
    return f"{header.width}x{header.height} at {header.fps:g} frames/s"


def _stretches(replay: Replay) -> list[_Stretch]:
    plain_name(replay.name, str(replay.folder.parent))
    pictures, held = _pictures(replay)
    count = min(pictures, len(replay.lines))
    lost = [k for k in range(count) if replay.lines[k].dropped]
    edges = [-1, *lost, count]
    ranges = [(before + 1, after) for before, after in pairwise(edges) if before + 1 < after]
    if not ranges:
        return []
    camera = Camera(replay.header.learned, _first_pitch(replay))
    turns = [(camera.turn(line.action), float(camera.pose[0])) for line in replay.lines[:count]]
    made_from = np.stack([vector for vector, _ in turns])
    hands = np.stack([line.action.vector() for line in replay.lines[:count]])
    differs = np.abs(hands - made_from).max(1) > _ROUNDING
    return [
        _Stretch(
            folder=replay.folder,
            header=replay.header,
            name=replay.name if len(ranges) == 1 else f"{replay.name}.{number}",
            start=start,
            stop=stop,
            whole=(start, stop) == (0, held),
            actions=_without_first(made_from[start:stop]),
            differs=bool(differs[start + 1 : stop].any()),
            pitch=turns[start][1],
        )
        for number, (start, stop) in enumerate(ranges)
    ]


def _without_first(vectors: Actions) -> Actions:
    """Copy action vectors (t, 11), the first of them neutral: it belongs to no transition of this clip."""
    own = vectors.copy()
    own[0] = 0
    return own


def _first_pitch(replay: Replay) -> float:
    """Pitch of the camera in the picture that a replay began with, in degrees; scenes are level."""
    if replay.header.start.kind == "picture":
        return 0.0
    path = replay.folder / START_STATE
    try:
        with safe_open(path, framework="numpy") as state:
            pitch, _ = map(float, state.get_tensor("pose"))
        if not abs(pitch) <= MAX_PITCH:  # also where it is no number
            raise ValueError(f"a pitch of {pitch:g} degrees")
    except (OSError, SafetensorError, ValueError, TypeError) as error:
        raise DataError(
            f"{path}: does not say where the camera looked ({in_words(error)}); copy it again or remove the replay"
        ) from None
    return pitch


def _pictures(replay: Replay) -> tuple[int, int]:
    """Frames of the video up to the last whole one, and up to the last.

    None where it cannot be read yet, for the recorder was killed within a second.
    """
    young = len(replay.lines) <= math.ceil(replay.header.fps)
    try:
        with ReplayVideo(replay.video, replay.header) as video:
            video.look_at_edges()  # what a power failure left of the end is said to be there, but is zeros
            pictures, held = video.whole_end, video.end
            lost = video.lost(min(pictures, len(replay.lines)))
    except DataError:
        if young:
            return 0, 0
        raise
    if not pictures and not (young and held == 1):
        raise DataError(f"{replay.video}: frame 0 is damaged; copy the replay again or remove it")
    if lost:
        raise DataError(f"{replay.video}: frame {lost[0]} is missing; copy the replay again or remove it")
    return pictures, held
