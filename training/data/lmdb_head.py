"""What an LMDB file says of its own length, so that one that was cut off is called so."""

import struct
from pathlib import Path

from model.errors import DataError

_MAGIC, _VERSION = 0xBEEFC0DE, 1
_HEADER = struct.Struct("<QHHI")  # of a page: number, padding, flags, bounds
_META = struct.Struct("<IIQQ48s48sQQ")  # magic, version, address, map size, two databases, last page, transaction
_META_FLAG = 0x08
_PAGE_SIZES = tuple(1 << power for power in range(9, 17))


def check_length(path: Path) -> None:
    """Hold the length that the file states against the one that it has.

    Raises:
        DataError: when it is missing, is no LMDB file, or is shorter than it states.
    """
    if not path.is_file():
        raise DataError(f"{path}: missing; give a folder that holds data.mdb, or folders that do")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            page, *lasts = _read_meta(file.read(_HEADER.size + _META.size))
            file.seek(page)  # the second of two, of which the newer counts
            other, last = _read_meta(file.read(_HEADER.size + _META.size))
        if other != page:
            raise ValueError("its first pages differ")
    except (OSError, ValueError, struct.error) as error:
        raise DataError(f"{path}: no LMDB file ({error}); copy it again") from None
    stated = (max(*lasts, last) + 1) * page
    if stated > size:
        raise DataError(f"{path}: states {stated:,} bytes, has {size:,}: it was cut off; copy it again")


def _read_meta(data: bytes) -> tuple[int, int]:
    """Size of a page and number of the last one."""
    _, _, flags, _ = _HEADER.unpack_from(data)
    magic, version, _, _, first, _, last, _ = _META.unpack_from(data, _HEADER.size)
    page_size = int.from_bytes(first[:4], "little")
    if magic != _MAGIC or version != _VERSION or not flags & _META_FLAG or page_size not in _PAGE_SIZES:
        raise ValueError("its first pages are not LMDB's")
    return page_size, last
