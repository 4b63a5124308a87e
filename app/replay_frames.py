"""The pictures of a replay, in order or from anywhere, and what is missing of them."""

import math
from collections.abc import Iterator
from types import TracebackType

from model.errors import DataError
from model.footage.replay import MAX_FRAMES, Replay
from model.footage.replay_video import ReplayVideo
from model.footage.replay_writer import SYNC_SECONDS

from .engine import Pixels

_OWED = 2  # frames by which video and lines may differ where a full disk ended the recording


class ReplayFrames:
    """Pictures by number, 0 being the one that the replay began with. A context manager."""

    def __init__(self, replay: Replay) -> None:
        """Open the video; raises DataError when it holds no picture."""
        self._video = ReplayVideo(replay.video, replay.header)
        self._video.look_at_edges()
        self._coming: Iterator[tuple[int, Pixels]] = iter(())
        self._found: tuple[int, Pixels] | None = None
        self._next = -1
        self.count = min(self._video.end, len(replay.lines))
        """Pictures with an action, those that are damaged among them."""
        self._recorded = self._count_recorded(replay)

    def picture(self, number: int) -> Pixels:
        """Return one picture; the one after the last that was asked for comes soonest.

        Raises:
            DataError: when it is not whole.
        """
        if self._video.whole(number):
            if number != self._next:
                self._coming, self._found = self._video.frames_from(number), None
            self._next = number + 1
            while self._found is None or self._found[0] < number:
                self._found = next(self._coming, None)
                if self._found is None:
                    break
            if self._found is not None and self._found[0] == number:
                return self._found[1]
        raise DataError(f"{self._video.path}: frame {number} is damaged; copy the replay again")

    def pictures(self, last: int) -> Iterator[tuple[int, Pixels]]:
        """Decode all frames from 1 to `last`; yields numbers and pictures of those that are whole."""
        self._next = -1
        for number, picture in self._video.frames_from(1):
            if number <= last:
                yield number, picture
            if number >= last:
                return

    def lack(self, last: int = MAX_FRAMES, done: str = "shown") -> str:
        """Say how many generated frames up to `last` are not whole, so far as was seen; the others are `done`.

        Empty where all are.
        """
        last = min(last, self._recorded - 1)
        there = min(last + 1, self.count)
        lost = last + 1 - there + len(self._video.lost(there)) - (not self._video.whole(0))
        if not lost:
            return ""
        return (
            f"{lost:,} of {last:,} frames are damaged or missing; what is whole is {done}; "
            "copy the replay again to have the others"
        )

    def _count_recorded(self, replay: Replay) -> int:
        """Frames that were recorded, as video or lines still tell; what a killed recorder owed was not."""
        stated = self._video.stated
        recorded = max(self._video.end, len(replay.lines), stated or 0)
        owed = _OWED if stated is not None else max(_OWED, math.ceil(SYNC_SECONDS * replay.header.fps))
        return recorded if recorded - self.count > owed else self.count

    def __enter__(self) -> "ReplayFrames":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the video."""
        self._video.close()
