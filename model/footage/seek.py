"""Any frame of a clip, at once: from the keyframe before it where there is a video, else from the clip's start.

Frame numbers are those of decoding from the start, exactly: frames are told apart by their presentation times, of
which one table is made when the file is opened.
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from ..errors import DataError
from .clip import Dataset
from .video import open_video, unreadable_video

Picture = npt.NDArray[np.uint8]
"""(h, w, 3), RGB, 0..255."""

MAX_FRAMES = 10_000_000
"""Most frames of a video that is believed: a week at 16 frames a second."""
_THREADS = 2  # more delay the first frame by one frame each


class ClipFrames(Protocol):
    """Frames of one clip, from anywhere in it."""

    def key_before(self, index: int) -> int:
        """Return the frame that decoding starts from to reach frame `index`."""
        ...

    def frames_from(self, index: int, before: int = MAX_FRAMES) -> Iterator[tuple[int, Picture]]:
        """Decode from `key_before(index)` to the end; yields numbers and pictures in order.

        What lies more than `before` frames before `index` is passed over, which is cheaper. Only the newest of these
        iterators may be used.

        Raises:
            DataError: when the clip does not decode.
        """
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


class SeekableVideo(ClipFrames):
    """Frames of a video file whose packets carry presentation times. A context manager."""

    def __init__(self, path: Path) -> None:
        """Read the times of all packets, decode nothing.

        Raises:
            DataError: a file that is no video, or one whose packets do not tell when they are shown.
        """
        self.path = path
        self._container = open_video(path)
        try:
            self._stream = self._container.streams.video[0]
            self._stream.thread_type, self._stream.codec_context.thread_count = "AUTO", _THREADS
            times, keys = self._read_times()
        except BaseException:
            self._container.close()
            raise
        self._times = sorted(times)
        self.in_order = times == self._times
        """Whether the file stores its frames in the order in which they are shown."""
        self._numbers = {time: number for number, time in enumerate(self._times)}
        self.keyframes = sorted(self._numbers[time] for time in keys)
        """Numbers of the frames whose packets say that they lean on no other."""
        # the first frame is always a place to begin, whatever its packet says of itself
        self._keys = sorted({0, *self.keyframes})

    def __len__(self) -> int:
        """Count of frames."""
        return len(self._times)

    @property
    def seconds(self) -> npt.NDArray[np.float64]:
        """When each frame is shown, (n,) seconds after the first one."""
        times = np.array(self._times, np.float64) - self._times[0]
        return times * self._tick

    @property
    def begins(self) -> float:
        """When the first frame is shown, in seconds of the file's own clock."""
        return self._times[0] * self._tick

    @property
    def stated_seconds(self) -> float | None:
        """How long the file says that it lasts; None where nobody lived to write that down."""
        return None if self._container.duration is None else self._container.duration / av.time_base

    def key_before(self, index: int) -> int:
        """Return the number of the last keyframe that is not after frame `index`."""
        return self._keys[bisect_right(self._keys, index) - 1]

    def frames_from(self, index: int, before: int = MAX_FRAMES) -> Iterator[tuple[int, Picture]]:
        """Decode from the keyframe before `index` to the end, and yield from at most `before` frames before it on."""
        for number, frame in self.decoded_from(index):
            if number >= index - before:
                yield number, self.picture(frame)

    def decoded_from(self, index: int) -> Iterator[tuple[int, VideoFrame]]:
        """Decode as `frames_from`; yields what came out of the decoder, and what that says of itself."""
        if not 0 <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        for key in reversed(self._keys[: bisect_right(self._keys, index)]):
            frames = self._decode_from(key)
            first = next(frames, None)
            # some demuxers stop behind the time they were asked for: begin at an earlier keyframe then
            if first is not None and first[0] <= index:
                yield from chain([first], frames)
                return
        raise DataError(f"{self.path}: frame {index} cannot be reached; record or export the clip again")

    def frame(self, index: int) -> Picture:
        """Return one frame."""
        return next(self.frames_from(index, before=0))[1]

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()

    def __enter__(self) -> "SeekableVideo":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the file."""
        self.close()

    @property
    def _tick(self) -> float:
        return float(self._stream.time_base or 1)

    def _read_times(self) -> tuple[list[int], list[int]]:
        times: dict[int, None] = {}  # in the order of the file
        keys: list[int] = []
        try:
            for packet in self._container.demux(self._stream):
                if not packet.size or packet.is_discard:  # the end of the stream; what an edit list cuts off
                    continue
                if packet.pts is None or packet.pts in times or len(times) >= MAX_FRAMES:
                    raise DataError(f"{self.path}: does not tell when each frame is shown; write it again as .mp4")
                times[packet.pts] = None
                if packet.is_keyframe:
                    keys.append(packet.pts)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise unreadable_video(self.path, error) from None
        if not times:
            raise DataError(f"{self.path}: holds no frames; record the clip again")
        return list(times), keys

    def _decode_from(self, key: int) -> Iterator[tuple[int, VideoFrame]]:
        try:
            self._container.seek(self._times[key], stream=self._stream, backward=True)
            for frame in self._container.decode(self._stream):
                number = self._numbers.get(frame.pts) if frame.pts is not None else None
                # what is shown before the keyframe but decoded after it may lean on frames that were not read
                if number is not None and number >= key:
                    yield number, frame
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise unreadable_video(self.path, error) from None

    def picture(self, frame: VideoFrame) -> Picture:
        """Return what a decoded frame shows; raises DataError for a kind of pixels that is not known."""
        try:
            return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise unreadable_video(self.path, error) from None


class StreamedClip(ClipFrames):
    """Frames of a clip that can only be read from its start."""

    def __init__(self, dataset: Dataset, index: int) -> None:
        """Read clip `index` of `dataset` by its chunks."""
        self._dataset, self._index = dataset, index

    def key_before(self, index: int) -> int:
        """Return 0: every way begins at the start."""
        del index
        return 0

    def frames_from(self, index: int, before: int = MAX_FRAMES) -> Iterator[tuple[int, Picture]]:
        """Decode from the start, and yield from at most `before` frames before `index` on."""
        number = 0
        for frames in self._dataset.chunks(self._index):
            for picture in frames:
                if number >= index - before:
                    yield number, picture
                number += 1

    def close(self) -> None:
        """Nothing is held open."""


def open_frames(dataset: Dataset, index: int) -> ClipFrames:
    """Frames of clip `index`: by seeking in its video where that holds every frame and its time, else as a stream."""
    path = dataset.video(index)
    if path is None:
        return StreamedClip(dataset, index)
    try:
        video = SeekableVideo(path)
    except DataError:  # reading it as a stream succeeds, or says what is wrong with it
        return StreamedClip(dataset, index)
    if len(video) != dataset.frame_counts[index]:
        video.close()
        return StreamedClip(dataset, index)
    return video
