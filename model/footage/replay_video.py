"""The video of a replay, whose frames go by when they are shown: each is that of its own line.

Frame k is shown k / fps seconds after the beginning, so what damage took out of the file leaves a gap in the numbers.
A frame that leans on a lost one, as all do up to the next keyframe, is lost too: it decodes to what nobody has seen.
"""

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import DataError
from .replay import MAX_FRAMES, ReplayHeader
from .seek import Picture, SeekableVideo

_TICK_SECONDS = 0.001  # to which Matroska rounds times
_MOST_LOOKED_AT = 64  # gaps whose edges are decoded when a file is opened: damage makes few, malice as many as it likes


class ReplayVideo:
    """Whole frames of a replay's video by their lines' numbers. A context manager."""

    def __init__(self, path: Path, header: ReplayHeader) -> None:
        """Read the times of all packets, and decode nothing.

        Raises:
            DataError: a file that is no video, or whose frames are shown at other times than those of a replay.
        """
        self.path = path
        self._size = (header.height, header.width, 3)
        self._video = SeekableVideo(path)
        try:
            self._numbers = _numbers(self._video, header.fps)
        except BaseException:
            self._video.close()
            raise
        self.end = self._numbers[-1] + 1
        """Number after that of the last frame."""
        stated = round((self._video.stated_seconds or 0) * header.fps)
        self.stated = stated if 0 < stated <= MAX_FRAMES else None
        """Frames that the file was closed with; None where it never was."""
        self._keys = self._video.keyframes  # as `_numbers` are counted
        self._whole = self._standing()

    @property
    def whole_end(self) -> int:
        """Number after that of the last whole frame, so far as is known; 0 where none is."""
        whole = np.flatnonzero(self._whole)
        return int(whole[-1]) + 1 if len(whole) else 0

    def whole(self, number: int) -> bool:
        """Whether a frame is there with all that it leans on, so far as is known: decoding it may show otherwise."""
        return 0 <= number < self.end and bool(self._whole[number])

    def lost(self, stop: int) -> list[int]:
        """Numbers of the frames before `stop` and `end` that are not whole."""
        return [int(number) for number in np.flatnonzero(~self._whole[:stop])]

    def look_at_edges(self) -> None:
        """Decode the last frame before each gap and the last one: what took the next ones may have reached into it."""
        edges = np.flatnonzero(np.diff(self._numbers) > 1)[:_MOST_LOOKED_AT]
        for number in (self._numbers[at] for at in edges.tolist()):
            if self.whole(number):
                next(self.frames_from(number), None)
        for _ in range(_MOST_LOOKED_AT):  # a tail that is lost may go back over several keyframes
            last = self.whole_end - 1
            if last < 0 or next(self.frames_from(last), None) is not None:
                break

    def frames_from(self, number: int) -> Iterator[tuple[int, Picture]]:
        """Yield numbers and pictures of all whole frames from `number` to the end; only the newest of these goes on."""
        at: int | None = max(0, bisect_right(self._numbers, number) - 1)
        while at is not None:
            expected = self._video.key_before(at)
            try:
                for found, frame in self._video.decoded_from(at):
                    self._lose(*range(expected, found))
                    expected = found + 1
                    picture = self._video.picture(frame)
                    if frame.is_corrupt or picture.shape != self._size:
                        self._lose(found)
                    elif self._numbers[found] >= number and self.whole(self._numbers[found]):
                        yield self._numbers[found], picture
                self._lose(*range(expected, len(self._numbers)))
                return
            except DataError:  # a decoder goes on after that only where it begins anew
                self._lose(min(expected, len(self._numbers) - 1))
                at = next((key for key in self._keys if key > max(at, expected - 1)), None)

    def close(self) -> None:
        """Let go of the file."""
        self._video.close()

    def __enter__(self) -> "ReplayVideo":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    def _standing(self) -> npt.NDArray[np.bool_]:
        """Which frames are there with all from their keyframe on, by their numbers."""
        order = np.arange(len(self._numbers))
        keys = np.isin(order, self._keys)
        breaks = ~keys & (np.diff(self._numbers, prepend=-2) > 1)  # no frame before the first one is there
        since_key, since_break = (np.maximum.accumulate(np.where(which, order, -1)) for which in (keys, breaks))
        whole = np.zeros(self.end, np.bool_)
        whole[self._numbers] = since_key > since_break
        return whole

    def _lose(self, *which: int) -> None:
        """Note frames that do not decode, counted as the file holds them, and what leans on them."""
        for at in which:
            after = bisect_right(self._keys, at)
            stop = self._keys[after] if after < len(self._keys) else len(self._numbers)
            self._whole[self._numbers[at:stop]] = False


def _numbers(video: SeekableVideo, fps: float) -> list[int]:
    """Return the numbers of the frames that a file holds, rising; raises DataError where times tell none."""
    exact = (video.seconds + video.begins) * fps
    numbers = np.rint(exact)
    off = np.abs(exact - numbers) > _TICK_SECONDS / 2 * fps + 0.01
    # what stands out of order was given another time by damage, and its picture another frame's line
    if off.any() or not video.in_order or not (np.diff(numbers, prepend=-1) > 0).all() or numbers[-1] >= MAX_FRAMES:
        raise DataError(
            f"{video.path}: its frames are not shown one after the other, {fps:g} a second; copy the replay again"
        )
    return [int(number) for number in numbers]
