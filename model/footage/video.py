"""Video files: what is decoded from them, and how arvd encodes its own.

A file is not trusted: only itself is read, sizes are bounded before anything is allocated, and a clip that
decodes to more frames than it should is given up at the first one too many.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from ..errors import DataError
from .chunked import chunked
from .clip import Frames

MAX_SIDE = 4096
"""Longest side of a picture; a header that states more is taken for a lie."""
MAX_PIXELS = MAX_SIDE * 2304
"""Of a picture; a decoder that has to remember 16 of them holds 0.6 GB."""
_OLD_FPS = 16.0  # of GF-Minecraft, for a video that does not state its own
_RATE_LIMIT = 100_000  # largest denominator of a frame rate: 30000/1001 stays exact


@dataclass(frozen=True)
class VideoHead:
    """What a video says of itself before anything is decoded."""

    height: int
    width: int
    fps: float
    frames: int
    """0 where the file does not say."""


def open_video(path: Path) -> InputContainer:
    """Open a video file that has at least one video stream.

    Only the file itself is ever read: a playlist in a video's clothes reaches no other file or host.

    Raises:
        DataError: when the file is missing, is no video, or states an absurd size.
    """
    try:
        # an absolute path cannot be mistaken for a URL, whatever the clip's name
        container = av.open(str(path.absolute()), metadata_errors="ignore", options={"protocol_whitelist": "file"})
    except FileNotFoundError:
        raise DataError(f"{path}: the video is missing; restore it or remove the clip") from None
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(path, error) from None
    # a stream of unknown codec has no context, whatever PyAV's types say
    if not any(stream.codec_context for stream in container.streams.video[:1]):
        container.close()
        raise DataError(f"{path}: holds no video that can be decoded; record or export the clip again")
    stream = container.streams.video[0]
    sides = stream.width, stream.height
    if not all(0 < side <= MAX_SIDE for side in sides) or math.prod(sides) > MAX_PIXELS:
        container.close()
        raise DataError(
            f"{path}: states a size of {sides[0]}x{sides[1]}, but sides are 1 to {MAX_SIDE} and pixels at most "
            f"{MAX_PIXELS:,}; remove the clip"
        )
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}  # what is coded may be larger than what is stated
    return container


def unreadable_video(path: Path, error: Exception) -> DataError:
    """Return the error for a video that does not decode."""
    reason = getattr(error, "strerror", None) or error
    return DataError(f"{path}: not a readable video ({reason}); copy the file again or remove the clip")


def read_head(path: Path) -> VideoHead:
    """Size, rate and stated length of a video, without decoding it; raises DataError."""
    try:
        with open_video(path) as container:
            stream = container.streams.video[0]
            rate = float(stream.average_rate or _OLD_FPS)
            return VideoHead(stream.height, stream.width, rate, stream.frames)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(path, error) from None


def decode_chunks(path: Path, at_most: int | None = None, *, threads: int = 0) -> Iterator[Frames]:
    """Decode a video a few frames at a time; each chunk is (t, h, w, 3) bytes, as many as `chunked` stacks.

    `at_most` frames are expected; one more ends the decoding. `threads` 0 takes as many as help.

    Raises:
        DataError: a file that is missing, is no video, changes its size, holds no frame or more than expected.
    """
    try:
        yield from chunked(_pictures(path, at_most, threads))
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable_video(path, error) from None


def _pictures(path: Path, at_most: int | None, threads: int) -> Iterator[npt.NDArray[np.uint8]]:
    size: tuple[int, ...] | None = None
    count = 0
    with open_video(path) as container:
        stream = container.streams.video[0]
        stream.thread_type, stream.codec_context.thread_count = "AUTO", threads
        for frame in container.decode(stream):
            picture = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            size = size or picture.shape
            if picture.shape != size:
                raise DataError(f"{path}: the picture changes its size within the clip; split the clip at the change")
            count += 1
            if at_most is not None and count > at_most:
                raise DataError(f"{path}: holds more than the {at_most} frames expected; export the clip again")
            yield picture
    if not count:
        raise DataError(f"{path}: holds no frames; record the clip again")


def decode_video(path: Path, at_most: int | None = None) -> Frames:
    """Decode a whole video into (t, h, w, 3) bytes; raises DataError as `decode_chunks`."""
    return np.concatenate(list(decode_chunks(path, at_most)))


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """How frames become H.264."""

    crf: int = 17
    """Constant rate factor: 17 keeps about 42 dB of pictures this small at 1.5 KB each."""
    preset: str = "veryfast"
    pixels: Literal["yuv444p", "yuv420p"] = "yuv444p"
    """4:4:4 keeps the colour of single pixels; 4:2:0 is what every player shows."""
    keyframe_seconds: float = 2.0
    """Longest way to the picture that a seek starts from."""
    threads: int = 1
    """One thread gives the same bytes for the same frames."""


class VideoWriter:
    """Encodes frames at a constant rate; the container is told by the name (.mp4, .mkv). A context manager."""

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        fps: float,
        encoding: Encoding | None = None,
        *,
        live: bool = False,
        container: str | None = None,
    ) -> None:
        """Open `path` for frames of `size` (height, width); `container` ("mp4") where its name does not tell.

        `live` hands every frame on at once: no look-ahead, no reordering, each packet on its way to the disk, so
        that a Matroska file of a killed process is readable up to the frame before its last.
        """
        encoding = encoding or Encoding()
        rate = Fraction(fps).limit_denominator(_RATE_LIMIT)
        # Matroska hands on a cluster when the next begins: with one frame in each, only the newest frame waits
        options = {"flush_packets": "1", "cluster_time_limit": "0"} if live and path.suffix == ".mkv" else {}
        self._container = av.open(str(path.absolute()), "w", format=container, options=options)
        stream = self._container.add_stream("libx264", rate=rate)
        assert isinstance(stream, VideoStream)
        stream.height, stream.width = size
        stream.pix_fmt = encoding.pixels
        stream.codec_context.gop_size = max(1, round(float(rate) * encoding.keyframe_seconds))
        stream.codec_context.max_b_frames = 0
        stream.codec_context.thread_count = encoding.threads
        tuning = {"tune": "zerolatency"} if live else {}
        stream.options = {"crf": str(encoding.crf), "preset": encoding.preset, **tuning}
        self._stream = stream

    def write(self, frames: Frames | Sequence[npt.NDArray[np.uint8]], *, keyframe: bool = False) -> None:
        """Append frames, each (h, w, 3) bytes; with `keyframe`, a seek can start from the first of them."""
        for number, frame in enumerate(frames):
            picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            if keyframe and number == 0:
                picture.pict_type = PictureType.I
            self._container.mux(self._stream.encode(picture))

    def close(self) -> None:
        """Write what the encoder still holds, then the end of the file."""
        try:
            self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def __enter__(self) -> "VideoWriter":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or let go of it after an error."""
        if kind is None:
            self.close()
        else:
            self._container.close()
