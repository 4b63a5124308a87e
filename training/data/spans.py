"""Parts of a video file that holds many clips, found by their time: the way LeRobotDataset v3 keeps footage."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.stream import VideoStream

from model.errors import DataError
from model.footage.chunked import chunked
from model.footage.clip import Frames
from model.footage.video import open_video, unreadable_video

_THREADS = 2  # each holds frames of its own


@dataclass(frozen=True)
class Span:
    """`frames` frames at a constant rate, the first of them shown `start` seconds into the file."""

    path: Path
    start: float
    frames: int
    fps: float

    def chunks(self) -> Iterator[Frames]:
        """Decode the frames of the span and no others, a few at a time, each (t, h, w, 3).

        Raises:
            DataError: when one is missing, or stands more than half a frame from where it should.
        """
        try:
            yield from chunked(self._pictures())
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise unreadable_video(self.path, error) from None

    def digest(self) -> str:
        """SHA-256 over the coded pictures of the span, wherever in a file they lie; nothing is decoded.

        Raises:
            DataError: when the file cannot be read.
        """
        sha = hashlib.sha256()
        try:
            with open_video(self.path) as container:
                stream = container.streams.video[0]
                sha.update(stream.codec_context.extradata or b"")
                self._seek(container, stream)
                left = self.frames
                for packet in container.demux(stream):
                    if (
                        not packet.size
                        or packet.pts is None
                        or self._number(packet.pts, stream) not in range(self.frames)
                    ):
                        continue
                    sha.update(bytes(packet))
                    left -= 1
                    if not left:
                        break
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise unreadable_video(self.path, error) from None
        return sha.hexdigest()

    def _pictures(self) -> Iterator[npt.NDArray[np.uint8]]:
        with open_video(self.path) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.codec_context.thread_count = "AUTO", _THREADS
            self._seek(container, stream)
            wanted, size = 0, None
            for frame in container.decode(stream):
                number = -1 if frame.pts is None else self._number(frame.pts, stream)
                if number < wanted and wanted == 0:  # on the way from the keyframe before the span
                    continue
                if number != wanted:
                    raise self._uneven(wanted)
                picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                size = size or picture.shape
                if picture.shape != size:
                    raise DataError(f"{self.path}: the picture changes its size within the clip; export it again")
                yield picture
                wanted += 1
                if wanted == self.frames:
                    return
        raise self._uneven(wanted)

    def _seek(self, container: InputContainer, stream: VideoStream) -> None:
        """Go to the last keyframe before the span; a span that begins the file needs none."""
        if self.start > 0:
            container.seek(int(self.start / _base(stream)), stream=stream, backward=True)

    def _number(self, pts: int, stream: VideoStream) -> int:
        """Which frame of the span is shown at `pts`; below 0 and above the last are those of others."""
        return round((float(pts * _base(stream)) - self.start) * self.fps)

    def _uneven(self, wanted: int) -> DataError:
        return DataError(
            f"{self.path}: frame {wanted} of {self.frames} from {self.start:.3f} s on is not where {self.fps:g} "
            "frames/s put it; export the dataset again at a constant rate"
        )


def _base(stream: VideoStream) -> Fraction:
    base = stream.time_base
    if not base:
        raise ValueError("no time base")
    return base
