"""Readers that do what no reader may, to see that it is noticed."""

import ctypes
import time
from pathlib import Path

from model.errors import DataError

from .readers import Reader


def _make(folder: Path) -> None:
    (folder / "clip.json").write_text('{"frames": 1}')


def _only_when_damaged(folder: Path) -> bool:
    return not folder.name.startswith("case")


def _raise(folder: Path) -> None:
    if not _only_when_damaged(folder):
        raise KeyError("frames")


def _crash(folder: Path) -> None:
    if not _only_when_damaged(folder):
        ctypes.string_at(0)


def _spin(folder: Path) -> None:
    while not _only_when_damaged(folder):
        pass


def _sleep(folder: Path) -> None:
    if not _only_when_damaged(folder):
        time.sleep(60)


def _grow(folder: Path) -> None:
    if not _only_when_damaged(folder):
        bytearray(b"x" * (600 << 20))


def _ramble(folder: Path) -> None:
    if not _only_when_damaged(folder):
        raise DataError("something is wrong somewhere")


def _shout(folder: Path) -> None:
    if not _only_when_damaged(folder):
        raise DataError(f"{folder}: first line\nsecond line")


def _refuse(folder: Path) -> None:
    if not _only_when_damaged(folder):
        raise DataError(f"{folder}: damaged; copy it again")


READERS = {
    "KeyError": Reader(_make, _raise),
    "crash": Reader(_make, _crash),
    "hang": Reader(_make, _spin),
    "memory": Reader(_make, _grow),
    "message names nothing": Reader(_make, _ramble),
    "message holds what cannot be printed": Reader(_make, _shout),
    "refused": Reader(_make, _refuse),
    "sleeps": Reader(_make, _sleep),
}
"""By what has to be said of them."""
