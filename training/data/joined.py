"""Several files read as one, where they lie: an archive that was split for the download is never joined on disk."""

import io
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from model.errors import DataError

MOST_READ = 8 << 20
"""Bytes that may be asked for at once; a table of contents that claims more is a lie (180,000 files take as much)."""


class JoinedFiles(io.RawIOBase):
    """The bytes of all files, one behind the other; to be read and sought, like a file. A context manager."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Open the files; raises OSError when one is missing."""
        self._files = [path.open("rb") for path in paths]
        self._paths = tuple(paths)
        self._ends = tuple(accumulate(path.stat().st_size for path in paths))
        self._position = 0

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return self._ends[-1]

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a byte; raises UnsupportedOperation, a ValueError, when it lies before the first."""
        position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if position < 0:
            raise io.UnsupportedOperation(f"position {position} lies before the start")
        self._position = position
        return position

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, or all up to the end.

        Raises:
            DataError: when that is more than `MOST_READ`, or a file has become shorter.
        """
        left = max(0, self.size - self._position)
        left = left if size < 0 else min(size, left)
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
