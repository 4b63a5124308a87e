"""A folder of files that were fetched, which never grows beyond its bound: the least recently used goes first."""

import contextlib
import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from model.errors import DataError, RunError
from model.files import finished_file, unfinished_name

DEFAULT_BYTES = 8 << 30
"""Bound unless another one is given: some 150 clips of 2,000 frames of 640x360."""
_ABANDONED_SECONDS = 24 * 3600.0  # after which an unfinished file has no writer any more


def default_folder() -> Path:
    """Where the platform keeps what can be fetched again."""
    from platformdirs import user_cache_path

    return user_cache_path("arvd", appauthor=False) / "footage"


class FileCache:
    """Whole files by key; one that did not arrive whole is not there. Several processes may share a folder.

    Threads fetch different files at the same time, as many as half of the bound holds; the same one is fetched once.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = DEFAULT_BYTES) -> None:
        """Keep at most `most_bytes` in `folder`, which is the platform's cache folder if left out."""
        self._folder = folder or default_folder()
        self._most = most_bytes
        self._room = threading.Condition()  # held to look and to make room, not while bytes arrive
        self._coming: dict[Path, int] = {}  # what each file that is being fetched will take

    def fetch(self, key: str, suffix: str, size: int, pieces: Iterable[bytes], *, where: str, sha256: str = "") -> Path:
        """Return the file of `key`, made of `pieces` if it is not there: `size` bytes, of this hash if one is known.

        People know it as `where`. It stays until more recent ones need its place: two files always have one.

        Raises:
            DataError: when it is too large, or the pieces are not what they should be.
            RunError: when the disk cannot take it.
        """
        path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}{suffix}"
        if _used(path, size):
            return path
        if 2 * size > self._most:
            raise DataError(
                f"{where}: has {size >> 20} MiB, but a file may take half of the {self._most >> 20} MiB that the "
                "cache may hold; allow it more"
            )
        try:
            if self._claim(path, size):
                try:
                    with finished_file(path) as unfinished:
                        _write(unfinished, pieces, size, sha256, where)
                finally:
                    self._release(path)
        except OSError as error:
            raise RunError(f"{path}: could not be written ({error.strerror}); make room on the disk") from error
        return path

    def _claim(self, path: Path, size: int) -> bool:
        """Make room for a file that this thread alone is to fetch; False where another one has fetched it meanwhile."""
        with self._room:
            self._room.wait_for(lambda: _used(path, size) or self._may_come(path, size))
            if _used(path, size):
                return False
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(size)
            self._coming[path] = size
            return True

    def _release(self, path: Path) -> None:
        with self._room:
            del self._coming[path]
            self._room.notify_all()

    def _may_come(self, path: Path, size: int) -> bool:
        """Whether nobody fetches the file, and all that is fetched leaves half the bound to what came just before."""
        return path not in self._coming and 2 * (sum(self._coming.values()) + size) <= self._most

    def _make_room(self, size: int) -> None:
        """Delete the files used longest ago until `size` more bytes fit."""
        coming = {*self._coming, *map(unfinished_name, self._coming)}  # counted with all that they will take
        files = sorted((file for file in self._files() if file[0] not in coming), key=lambda file: file[1].st_mtime)
        total = sum(self._coming.values()) + sum(stat.st_size for _, stat in files)
        for path, stat in files:
            unfinished = path.suffix == ".part"
            abandoned = unfinished and time.time() - stat.st_mtime > _ABANDONED_SECONDS
            if abandoned or (not unfinished and total + size > self._most):
                with contextlib.suppress(OSError):  # open elsewhere, or gone already
                    path.unlink()
                    total -= stat.st_size

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in self._folder.iterdir():
            with contextlib.suppress(OSError):
                yield path, path.stat()


def _used(path: Path, size: int) -> bool:
    """Whether a file is there; if so, it counts as used now."""
    try:
        if path.stat().st_size != size:
            return False
        os.utime(path)
    except OSError:
        return False
    return True


def _write(path: Path, pieces: Iterable[bytes], size: int, sha256: str, where: str) -> None:
    sha, written = hashlib.sha256(), 0
    with path.open("wb") as file:
        for piece in pieces:
            written += len(piece)
            if written > size:
                break
            sha.update(piece)
            file.write(piece)
    if written != size or sha256 not in ("", sha.hexdigest()):
        raise DataError(f"{where}: what was fetched is not what its index says; try again, or index the dataset anew")
