"""A file that is only read, from any byte on: what the readers of archives ask of one."""

import io


class Seekable(io.RawIOBase):
    """Keeps the position; `read` is left to who knows where the bytes are."""

    def __init__(self, size: int) -> None:
        """Begin at the first of `size` bytes."""
        self.size = size
        """Bytes in all."""
        self._position = 0

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

    def _wanted(self, size: int) -> int:
        """Bytes that a read of `size` gives: fewer at the end, all that are left if it is negative."""
        left = max(0, self.size - self._position)
        return left if size < 0 else min(size, left)
