"""Files that fill up one after the other, `chunk-000/file-000`, `chunk-000/file-001`, as LeRobot numbers them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar

from model.files import finished_file

FILES_PER_CHUNK = 1000
"""Files in a folder."""

_Writer = TypeVar("_Writer")


class FillingFiles(Generic[_Writer]):
    """What is written frame by frame into files of a bounded size; each has a temporary name until it is full.

    A context manager: the open file is finished at the end, or taken away after an error.
    """

    def __init__(
        self,
        folder: Path,
        ending: str,
        opened: Callable[[Path], AbstractContextManager[_Writer]],
        *,
        most_bytes: int,
        most_frames: float = float("inf"),
    ) -> None:
        """Write into `folder`; `opened` makes the writer of a file. A file holds at least one clip, of any size."""
        self._folder, self._ending, self._opened = folder, ending, opened
        self._most_bytes, self._most_frames = most_bytes, most_frames
        self._stack = ExitStack()
        self._open: tuple[_Writer, Path] | None = None
        self._number = -1
        self.frames = 0
        """In the open file."""

    @property
    def place(self) -> dict[str, int]:
        """Which file is open: `chunk_index` and `file_index`."""
        chunk, file = divmod(self._number, FILES_PER_CHUNK)
        return {"chunk_index": chunk, "file_index": file}

    def writer_for(self, frames: int) -> _Writer:
        """Return the writer of the open file, or of a new one if a clip of so many frames would overfill it."""
        if self._open is not None:
            path = self._open[1]
            size = path.stat().st_size if path.exists() else 0  # an encoder begins its file when it lets a frame go
            bytes_then = size * (1 + frames / max(1, self.frames))
            if bytes_then > self._most_bytes or self.frames + frames > self._most_frames:
                self._stack.close()
                self._open = None
        if self._open is None:
            self._number, self.frames = self._number + 1, 0
            chunk, file = self.place.values()
            path = self._folder / f"chunk-{chunk:03d}" / f"file-{file:03d}{self._ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._stack.enter_context(finished_file(path))
            self._open = self._stack.enter_context(self._opened(unfinished)), unfinished
        return self._open[0]

    def __enter__(self) -> "FillingFiles[_Writer]":
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the open file, or let go of it after an error."""
        self._stack.__exit__(kind, error, trace)
