"""Tar files of footage: what an honest one holds, where in it each file lies, and how ours are written.

Headers are not believed: names are plain, sizes lie within the file, nothing is a link or has holes, and no header
makes the reader read more than it should.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from model.errors import DataError
from model.footage.untrusted import in_words, plain_name

from .seekable import Seekable
from .store import Store

_BLOCK = 1 << 16  # bytes read ahead, since headers and small files stand together
_MOST_HEADERS = 1 << 20  # bytes between two files that are names and the like
_MOST_MEMBERS = 200_000
_DEPTH = 8  # folders that a name may have; they are passed over


@dataclass(frozen=True)
class Member:
    """A file in a tar file."""

    name: str
    """Without folders."""
    start: int
    """First byte of its content in the tar file."""
    size: int


def members(store: Store, shard: str) -> Iterator[Member]:
    """Files of one shard, in order, read from its headers alone.

    Raises:
        DataError: naming the shard and the entry that no honest archive of footage holds, or the damage.
    """
    where = store.where(shard)
    file = store.file(shard)
    if file is None:
        raise DataError(f"{where}: missing; restore it or index the dataset anew")
    at, count, stored = -1, 0, _Stored(store, shard, file.size)
    try:
        with tarfile.open(fileobj=stored, mode="r:") as tar:
            while (info := tar.next()) is not None:
                count += 1
                stored.headers = 0
                if info.offset <= at or count > _MOST_MEMBERS:
                    raise DataError(f"{where}: its headers do not come to an end; remove it")
                at = info.offset
                tar.members = []  # type: ignore[attr-defined] # it would hold all headers in memory; stubs lack it
                if not info.isdir():
                    yield _checked(info, file.size, where)
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError) as error:
        raise DataError(f"{where}: not a readable tar file ({in_words(error)}); copy it again") from None


def _checked(info: tarfile.TarInfo, size: int, where: str) -> Member:
    entry = f"{where}: entry {info.name!r:.120}"
    parts = PurePosixPath(info.name).parts
    if len(parts) > _DEPTH or ".." in parts or info.name.startswith("/"):
        raise DataError(f"{entry} leads out of the archive; remove the archive")
    if not info.isreg() or info.issparse():
        raise DataError(f"{entry} is a link, a device or has holes, not a plain file; take it out of the archive")
    if info.size < 0 or info.offset_data + info.size > size:
        raise DataError(f"{entry} ends behind the end of the file; copy the file again")
    return Member(plain_name(parts[-1] if parts else "", entry), info.offset_data, info.size)


class ShardWriter:
    """Writes one tar file; the same files give the same bytes."""

    def __init__(self, path: Path) -> None:
        """Begin the file at `path`."""
        self._tar = tarfile.open(path, "w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `close`

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._tar.offset

    def add(self, name: str, file: BinaryIO, size: int) -> Member:
        """Append `size` bytes of `file` under a name; returns where they lie."""
        info = tarfile.TarInfo(name)
        info.size = size
        self._tar.addfile(info, file)
        blocks = -(-size // tarfile.BLOCKSIZE)
        return Member(name, self.size - blocks * tarfile.BLOCKSIZE, size)

    def close(self) -> None:
        """Write the end of the file."""
        self._tar.close()


class _Stored(Seekable):
    """A file of a store as an open one, for the tar reader: what it reads is read ahead a little and never much."""

    def __init__(self, store: Store, name: str, size: int) -> None:
        super().__init__(size)
        self._store, self._name = store, name
        self._held_at, self._held = 0, b""
        self.headers = 0
        """Bytes read since the last file."""

    def read(self, size: int = -1, /) -> bytes:
        """Return `size` bytes, fewer at the end of the file."""
        wanted = self._wanted(size)
        self.headers += wanted
        if self.headers > _MOST_HEADERS:
            raise ValueError(f"more than {_MOST_HEADERS >> 20} MiB between two files are neither")
        offset = self._position - self._held_at
        if not 0 <= offset <= len(self._held) - wanted:
            ahead = min(max(_BLOCK, wanted), self.size - self._position)
            self._held_at, self._held, offset = self._position, self._store.read(self._name, self._position, ahead), 0
        self._position += wanted
        return self._held[offset : offset + wanted]
