"""Writes frames to a file as they come: .mp4, .gif or .npz, under a temporary name until complete."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av.video.stream import VideoStream
from PIL import Image

from model.actions import Action
from model.errors import RunError
from model.files import finished_file

from .engine import Pixels

_CRF = "16"  # visually lossless for pictures this small


class Shape(Protocol):
    """What all frames of a video have in common; a world's `WorldSpec` and a video's `VideoHead` say it."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""

    @property
    def fps(self) -> float:
        """Frames per second."""


class VideoOut(Protocol):
    """Takes one frame after the other."""

    def write(self, pixels: Pixels, action: Action) -> None:
        """Take the frame that `action` led to."""


class _Video(VideoOut, Protocol):
    """One that has an end."""

    def finish(self) -> None:
        """Complete the file."""

    def abandon(self) -> None:
        """Let go of the file, complete or not."""


@contextmanager
def open_video(path: Path | None, shape: Shape, frames: int) -> Iterator[VideoOut]:
    """Open a video of `frames` frames; `None` takes the frames and writes nothing.

    The file has its name only once it is complete; on any error nothing stays behind.

    Raises:
        RunError: a disk that cannot take it.
    """
    if path is None:
        yield _Nowhere()
        return
    kinds: dict[str, type[_Mp4 | _Gif | _Npz]] = {".mp4": _Mp4, ".gif": _Gif, ".npz": _Npz}
    of_others: OSError | None = None  # of whoever makes the frames: it says nothing of this file
    try:
        with finished_file(path) as unfinished:
            video: _Video = kinds[path.suffix.lower()](unfinished, shape, frames)
            try:
                try:
                    yield _Told(video, path)
                except OSError as error:
                    of_others = error
                    raise
                video.finish()
            finally:
                video.abandon()
    except OSError as error:
        if error is of_others:
            raise
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> RunError:
    """What a disk's error means for a file, which has another name until it is complete."""
    return RunError(f"{path}: could not be written ({error.strerror or error}); make room or give another file")


class _Told:
    """Takes frames for a video, and says which file it is that the disk cannot take."""

    def __init__(self, video: VideoOut, path: Path) -> None:
        self._video, self._path = video, path

    def write(self, pixels: Pixels, action: Action) -> None:
        try:
            self._video.write(pixels, action)
        except OSError as error:
            raise _not_written(self._path, error) from error


class _Nowhere:
    def write(self, pixels: Pixels, action: Action) -> None:
        pass


class _Mp4:
    """H.264 that every player opens; one encoder thread, so that the same frames give the same bytes."""

    def __init__(self, path: Path, shape: Shape, frames: int) -> None:
        del frames
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        stream = self._container.add_stream("libx264", rate=Fraction(shape.fps).limit_denominator(1001))
        assert isinstance(stream, VideoStream)
        self._stream = stream
        stream.width, stream.height, stream.pix_fmt = shape.width, shape.height, "yuv420p"
        stream.thread_count = 1
        stream.options = {"crf": _CRF, "preset": "veryfast"}

    def write(self, pixels: Pixels, action: Action) -> None:
        del action
        self._container.mux(self._stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))

    def finish(self) -> None:
        self._container.mux(self._stream.encode(None))

    def abandon(self) -> None:
        self._container.close()


class _Gif:
    """Held in memory until the end, since the format's writer wants all frames at once."""

    def __init__(self, path: Path, shape: Shape, frames: int) -> None:
        del frames
        self._path, self._fps = path, shape.fps
        self._frames: list[Pixels] = []

    def write(self, pixels: Pixels, action: Action) -> None:
        del action
        self._frames.append(pixels.copy())

    def finish(self) -> None:
        # A gif counts hundredths of a second: rounding the frames' times, not their distance, keeps the rate.
        times = [10 * round(100 * index / self._fps) for index in range(len(self._frames) + 1)]
        lengths = [after - before for before, after in pairwise(times)]
        duration = lengths if len(lengths) > 1 else lengths[0]  # of a single picture the writer takes no list
        first, *others = self._frames
        rest = (Image.fromarray(frame) for frame in others)  # one at a time: a copy of all would double the memory
        Image.fromarray(first).save(
            self._path, format="GIF", save_all=True, append_images=rest, duration=duration, loop=0
        )

    def abandon(self) -> None:
        self._frames.clear()


class _Npz:
    """`frames` uint8 (t, height, width, 3) and `actions` float32 (t, 11); frame i is what action i led to."""

    def __init__(self, path: Path, shape: Shape, frames: int) -> None:
        self._shape = (frames, shape.height, shape.width, 3)
        self._actions: list[npt.NDArray[np.float32]] = []
        self._archive = zipfile.ZipFile(path, "w")
        self._entry = self._archive.open("frames.npy", "w", force_zip64=True)
        header = {"descr": "|u1", "fortran_order": False, "shape": self._shape}
        np.lib.format.write_array_header_2_0(self._entry, header)

    def write(self, pixels: Pixels, action: Action) -> None:
        self._entry.write(np.ascontiguousarray(pixels).tobytes())
        self._actions.append(action.vector())

    def finish(self) -> None:
        self._entry.close()
        with self._archive.open("actions.npy", "w") as entry:
            np.lib.format.write_array(entry, np.stack(self._actions))

    def abandon(self) -> None:
        try:
            self._entry.close()
        finally:  # a full disk takes no ending; what is left open would complain when it is collected
            self._archive.close()
