"""Several files read as one, where they lie: an archive that was split for the download is never joined on disk."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from model.errors import DataError

from .seekable import Seekable

MOST_READ = 8 << 20
"""Bytes that may be asked for at once; a table of contents that claims more is a lie (180,000 files take as much)."""


class JoinedFiles(Seekable):
    """The bytes of all files, one behind the other; to be read and sought, like a file. A context manager."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open the files; raises OSError when one is missing."""
        self._files = [path.open("rb") for path in paths]
        self._paths = tuple(paths)
        self._ends = tuple(accumulate(path.stat().st_size for path in paths))
        super().__init__(self._ends[-1])

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, or all up to the end.

        Raises:
            DataError: when that is more than `MOST_READ`, or a file has become shorter.
        """
        left = self._wanted(size)
        if left > MOST_READ:
            raise DataError(f"{self._paths[0]}: states a table of contents of {left >> 20} MiB; download it again")
        pieces = []
        while left:
            index = bisect_right(self._ends, self._position)
            start = self._ends[index - 1] if index else 0
            self._files[index].seek(self._position - start)
            piece = self._files[index].read(min(left, self._ends[index] - self._position))
            if not piece:
                raise DataError(f"{self._paths[index]}: became shorter while it was read; download it again")
            pieces.append(piece)
            self._position += len(piece)
            left -= len(piece)
        return b"".join(pieces)

    def close(self) -> None:
        """Close all files."""
        for file in self._files:
            file.close()
        super().close()
