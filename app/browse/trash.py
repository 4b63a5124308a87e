"""Files to the trash: that of the system, or a folder `.trash` in the dataset where there is none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.errors import DataError

FOLDER = ".trash"

Send = Callable[[str], None]
"""Puts one file or folder into the system's trash; raises OSError where it cannot."""


@dataclass(frozen=True)
class Trashed:
    """Where the files of a clip went."""

    moved: tuple[tuple[Path, Path], ...]
    """Old and new place of what lies in the dataset's own `.trash`."""
    restorable: bool
    """Whether all of it lies there; what is in the system's trash is brought back with the system's own means."""


def system_trash(path: str) -> None:
    """Put a file or folder into the system's trash.

    Raises:
        OSError: where there is none.
    """
    from send2trash import send2trash  # type: ignore[import-untyped] # ships no types

    send2trash(path)


def move_to_trash(root: Path, paths: Sequence[Path], send: Send = system_trash) -> Trashed:
    """Take files and folders under `root` away, in their order; what the system does not take goes to `.trash`.

    Raises:
        DataError: when something cannot be moved; then all that went to `.trash` is back in its place.
    """
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: is not there any more; leave and open the folder again")
    sent = 0
    try:
        for path in paths:
            send(str(path.absolute()))
            sent += 1
    except OSError:  # a file system without a trash, a home that cannot be written to
        pass
    return Trashed(_move_aside(root, paths[sent:]), restorable=sent == 0)


def restore(trashed: Trashed) -> None:
    """Bring back what lies in `.trash`: what announces a clip last.

    Raises:
        DataError: when a place is taken or cannot be written to.
    """
    for old, new in trashed.moved:
        if old.exists() or not new.exists():
            raise DataError(f"{old}: cannot be brought back from {new}; move it by hand")
    for old, new in reversed(trashed.moved):
        try:
            new.rename(old)
        except OSError as error:
            raise DataError(f"{old}: cannot be brought back ({error.strerror}); move {new} by hand") from None


def _move_aside(root: Path, paths: Sequence[Path]) -> tuple[tuple[Path, Path], ...]:
    places = [path.relative_to(root) for path in paths]
    folder, number = root / FOLDER, 1
    while any((folder / place).exists() for place in places):  # a clip of that name was deleted before
        number += 1
        folder = root / FOLDER / str(number)
    moved: list[tuple[Path, Path]] = []
    try:
        for path, place in zip(paths, places, strict=True):
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            moved.append((path, target))
    except OSError as error:
        restore(Trashed(tuple(moved), restorable=True))
        raise DataError(f"{path}: cannot be moved to {folder} ({error.strerror}); check its permissions") from None
    return tuple(moved)
