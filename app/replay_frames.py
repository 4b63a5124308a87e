"""The pictures of a replay, in order or from anywhere."""

from collections.abc import Iterator
from types import TracebackType

from model.errors import DataError
from model.footage.replay import Replay
from model.footage.seek import SeekableVideo

from .engine import Pixels


class ReplayFrames:
    """Pictures by number, 0 being the one that the replay began with. A context manager."""

    def __init__(self, replay: Replay) -> None:
        """Open the video; raises DataError when it holds no picture."""
        self._video = SeekableVideo(replay.video)
        self._size = (replay.header.height, replay.header.width, 3)
        self._coming: Iterator[tuple[int, Pixels]] = iter(())
        self._next = -1
        self.count = min(len(self._video), len(replay.lines))
        """Pictures with an action."""

    def picture(self, number: int) -> Pixels:
        """Return one picture; the one after the last that was asked for comes soonest.

        Raises:
            DataError: when it does not decode.
        """
        if number != self._next:
            self._coming = self._video.frames_from(number)
        for found, pixels in self._coming:
            if found == number and pixels.shape == self._size:
                self._next = number + 1
                return pixels
            if found >= number:
                break
        self._next = -1
        raise DataError(f"{self._video.path}: frame {number} is damaged; copy the replay again")

    def __enter__(self) -> "ReplayFrames":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the video."""
        self._video.close()
