"""Reader of VPT contractor recordings (Baker et al., arXiv:2206.11795): `NAME.mp4` beside `NAME.jsonl`.

The files lie in one folder or in sub-folders; a log announces a recording. Indices of what can be downloaded
(`{"basedir", "relpaths"}`), `-options.json` and `.zip` files are passed over.

Line t of a log led to frame t + 1, so actions move one row down (`vpt_actions`). Frames that show a menu are left out:
there the mouse turns nothing, and the cursor is not in the picture. What lies between menus becomes clips of its own,
`NAME_from_001200` after the first frame. Frames in which the player did nothing stay.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from ..actions import ACTION_SIZE
from ..errors import DataError
from .chunked import chunked
from .clip import Actions, Dataset, Frames
from .found import named_files
from .seek import Picture, SeekableVideo
from .video import VideoHead, read_head
from .vpt_actions import read_log

VPT_FPS = 20.0
"""Frames per second of a contractor's recording: one a game tick."""
_RATE_SLACK = 0.01  # share by which a video's stated rate may miss that of the ticks


@dataclass(frozen=True)
class _Recording:
    name: str
    video: Path
    log: Path
    head: VideoHead
    lines: int
    count: int
    """Frames that have a line, lines that have a frame."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 over video and log."""
        sha = hashlib.sha256()
        for path in (self.video, self.log):
            with path.open("rb") as file:
                sha.update(hashlib.file_digest(file, "sha256").digest())
        return sha.hexdigest()


@dataclass(frozen=True)
class _Part:
    """Frames [start, end) of a recording, none of which shows a menu."""

    recording: _Recording
    start: int
    end: int
    actions: Actions
    pitch: float
    """Of the camera in the first frame, in degrees."""
    stopped: bool
    """Whether some of the motion turned nothing, see `Log.stopped`."""

    @property
    def is_whole(self) -> bool:
        """Whether no menu interrupts the recording."""
        return (self.start, self.end) == (0, self.recording.count)

    @property
    def name(self) -> str:
        """The recording's, and where in it the part begins."""
        return self.recording.name if self.is_whole else f"{self.recording.name}_from_{self.start:06d}"


class VPT(Dataset):
    """A folder of VPT recordings; what is between menus, as clips."""

    def __init__(self, root: Path, shortest: int = 20, names: Collection[str] | None = None) -> None:
        """Read all logs under `root`, or only those of the recordings `names`.

        Of what menus cut off, parts of fewer than `shortest` frames are left out.

        Raises:
            DataError: naming the first fault: a log that has no video or cannot be read, frames and lines whose
                counts differ by more than one, videos of different sizes or rates, nothing but menus.
        """
        self.menu_frames = 0
        """Frames that were left out since they show a menu."""
        self.short_frames = 0
        """Frames that were left out since so few lie between two menus."""
        self._parts: list[_Part] = []
        videos = named_files(root, ".mp4")
        logs = named_files(root, ".jsonl")
        if not logs:
            raise DataError(f"{root}: holds no recordings; expected *.mp4 and *.jsonl of the same names")
        for name, log in logs.items():
            if names is not None and name not in names:
                continue
            if name not in videos:
                raise DataError(f"{log}: its video {log.stem}.mp4 is missing; restore it or remove the log")
            self._add(name, videos[name], log, shortest)
        if not self._parts:
            raise DataError(f"{root}: shows menus only, or nothing for as long as {shortest} frames; add recordings")
        self._head = self._parts[0].recording.head
        taken = set()
        for part in self._parts:
            recording = part.recording
            if _shape(recording.head) != _shape(self._head):
                raise DataError(
                    f"{recording.video}: is {_shape(recording.head)}, other recordings are {_shape(self._head)}; "
                    "keep one size and rate"
                )
            if part.name in taken:
                raise DataError(f"{recording.log}: another clip is called {part.name} as well; rename this recording")
            taken.add(part.name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, by recording and then in order of time."""
        return tuple(part.name for part in self._parts)

    @property
    def fps(self) -> float:
        """Frames per second of every clip: 20, unless the videos clearly say something else."""
        return _rate(self._head)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self._head.height, self._head.width

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(part.end - part.start for part in self._parts)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip."""
        return self._parts[index].actions

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees, as the log says."""
        return self._parts[index].pitch

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time, from the keyframe before it.

        Raises:
            DataError: when the video does not hold the frames that it states, or does not decode.
        """
        yield from chunked(_pictures(self._parts[index]))

    def video(self, index: int) -> Path | None:
        """The recording's video, if all its frames are the clip's."""
        part = self._parts[index]
        return part.recording.video if part.is_whole and part.recording.head.frames == part.end else None

    def files(self, index: int) -> tuple[Path, ...]:
        """Log and video of a clip that is a whole recording."""
        part = self._parts[index]
        return (part.recording.log, part.recording.video) if part.is_whole else ()

    def digest(self, index: int) -> str:
        """SHA-256 over the recording's video and log, where the clip lies in it, and its actions if hands did more."""
        part = self._parts[index]
        sha = hashlib.sha256(f"{part.recording.digest} {part.start} {part.end}".encode())
        if part.stopped:  # all motion once was taken for turns
            sha.update(part.actions.tobytes())
        return sha.hexdigest()

    def _add(self, name: str, video: Path, path: Path, shortest: int) -> None:
        log, head = read_log(path), read_head(video)
        frames = head.frames if head.frames > 0 else _count_frames(video)
        if abs(frames - len(log)) > 1:  # recorders often write one more or one less
            raise DataError(f"{name}: the video has {frames} frames but the log {len(log)} lines; copy both again")
        count = min(frames, len(log))
        recording = _Recording(name, video, path, head, len(log), count)
        in_menu = log.in_menu[:count]
        self.menu_frames += int(in_menu.sum())
        edges = np.flatnonzero(np.diff(in_menu, prepend=True, append=True))  # as if menus lay before and after
        for start, end in edges.reshape(-1, 2).tolist():
            if end - start < min(shortest, count):  # a short recording without menus stays
                self.short_frames += end - start
                continue
            actions = np.zeros((end - start, ACTION_SIZE), np.float32)
            actions[1:] = log.actions[start : end - 1]
            stopped = bool(log.stopped[start : end - 1].any())
            self._parts.append(_Part(recording, start, end, actions, float(log.pitch[start]), stopped))


def _pictures(part: _Part) -> Iterator[Picture]:
    recording = part.recording
    with SeekableVideo(recording.video) as video:
        if not recording.count <= len(video) <= recording.lines + 1:
            raise DataError(
                f"{recording.name}: the video has {len(video)} frames but the log {recording.lines} lines; "
                "copy both again"
            )
        expected = part.start
        frames = ((number, picture) for number, picture in video.frames_from(part.start) if number >= part.start)
        for number, picture in islice(frames, part.end - part.start):
            if number != expected:
                break
            yield picture
            expected += 1
        if expected != part.end:
            raise DataError(f"{recording.video}: frame {expected} does not decode; copy the video again or remove it")


def _count_frames(video: Path) -> int:
    with SeekableVideo(video) as seekable:
        return len(seekable)


def _rate(head: VideoHead) -> float:
    return VPT_FPS if abs(head.fps - VPT_FPS) <= _RATE_SLACK * VPT_FPS else head.fps


def _shape(head: VideoHead) -> str:
    return f"{head.width}x{head.height} at {_rate(head):g} frames/s"
