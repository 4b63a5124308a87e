"""Files that are either whole or not there: written under a temporary name, synced, renamed."""

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import RunError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # on the disk, for this person, in this file


@contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path` to write to; synced and renamed at the end, removed on an error."""
    unfinished = unfinished_name(path)
    try:
        yield unfinished
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def unfinished_name(path: Path) -> Path:
    """Return the name beside `path` that a file has until it is finished."""
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` so that `path` holds either its old content or all of the new one, whatever happens.

    Raises:
        RunError: when the disk cannot take it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with finished_file(path) as unfinished:
            unfinished.write_bytes(data)
    except OSError as error:
        raise RunError(
            f"{path}: could not be written ({error.strerror}); make room or choose another folder"
        ) from error


def lacks_room(error: BaseException | None) -> bool:
    """Whether `error` is how a system says that there is no room left for what was to be written."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM
