"""Writes a replay as it is played; whenever the process is killed, what was written is a replay."""

import json
import os
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt

from ..actions import Action
from ..files import write_atomically
from .replay import (
    HEADER,
    LINES,
    START_PICTURE,
    START_STATE,
    VIDEO,
    ReplayHeader,
    ReplayLine,
    frame_hash,
    header_text,
    line_table,
)
from .video import VideoWriter

SYNC_SECONDS = 0.5
"""Between two times that all is forced to the disk: what a power failure may take."""

Picture = npt.NDArray[np.uint8]
"""(h, w, 3), RGB, 0..255."""


class ReplayWriter:
    """One replay being written, by one thread. A killed process loses at most the newest frame's picture."""

    def __init__(
        self,
        folder: Path,
        header: ReplayHeader,
        picture: Picture,
        state: bytes | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make `folder`, which begins with `picture`, frame 0; `state` is that of a session already under way.

        Raises:
            FileExistsError: when there is such a folder.
            OSError, RunError: when the disk cannot take it.
        """
        self.folder = folder
        self._clock, self._synced_at = clock, clock()
        self._newest = picture
        self.frames = 0
        """Written so far, the first picture included."""
        folder.mkdir(parents=True)
        try:
            self._opened = self._open(header, picture, state)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)  # what cannot even begin is worth nothing
            raise

    def _open(self, header: ReplayHeader, picture: Picture, state: bytes | None) -> ExitStack:
        """Write all but the frames to come, in an order in which nothing is taken for a replay before it is one."""
        if state is None:
            write_atomically(self.folder / START_PICTURE, iio.imwrite("<bytes>", picture, extension=".png"))
        else:
            write_atomically(self.folder / START_STATE, state)
        with ExitStack() as opened:
            self._files = [opened.enter_context((self.folder / name).open("xb")) for name in (LINES, VIDEO)]
            opened.callback(self.sync)
            video = VideoWriter(self.folder / VIDEO, picture.shape[:2], header.fps, live=True)
            self._video = opened.enter_context(video)
            write_atomically(self.folder / HEADER, header_text(header).encode())
            growing = (LINES, VIDEO)
            self._begun_with = sum(
                path.stat().st_size for path in self.folder.rglob("*") if path.is_file() and path.name not in growing
            )
            self.write(Action(), picture, time=0.0)
            return opened.pop_all()

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self._begun_with + sum(os.fstat(file.fileno()).st_size for file in self._files)

    def write(
        self,
        action: Action,
        picture: Picture | None,
        *,
        time: float,
        ms: float = 0.0,
        focus: bool = True,
        late: int = 0,
    ) -> None:
        """Append a frame; without `picture` it counts as dropped and the video repeats the one before.

        For the rest see `ReplayLine`.

        Raises:
            OSError, av.error.FFmpegError: when the disk cannot take it; `close` is all that may follow.
        """
        line = ReplayLine(
            index=self.frames,
            action=action,
            time=time,
            hash="" if picture is None else frame_hash(picture),
            ms=ms,
            focus=focus,
            late=late,
            dropped=picture is None,
        )
        if picture is not None:
            self._newest = picture
        self._video.write([self._newest])
        lines = self._files[0]
        lines.write(json.dumps(line_table(line), separators=(",", ":")).encode() + b"\n")
        lines.flush()
        self.frames += 1
        if self._clock() - self._synced_at >= SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Force all that was written to the disk."""
        for file in self._files:
            os.fsync(file.fileno())  # reaches what any handle of the file has written
        self._synced_at = self._clock()

    def close(self) -> None:
        """End the replay; whatever fails, every file is let go of."""
        self._opened.close()
