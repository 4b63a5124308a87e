"""Mutations that know how a file is built: they lie in its headers and leave the rest whole."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

_EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 4096, 4097, 20_000, 0xFFFF, 1 << 20, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HOLDS_BOXES = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"mvex", b"moof", b"traf")
_HOLDS_ELEMENTS = (
    *(
        b"\x1a\x45\xdf\xa3",
        b"\x18\x53\x80\x67",
        b"\x11\x4d\x9b\x74",
        b"\x4d\xbb",
        b"\x15\x49\xa9\x66",
        b"\xae",
        b"\xe0",
    ),
    *(
        b"\x16\x54\xae\x6b",
        b"\x1f\x43\xb6\x75",
        b"\x1c\x53\xbb\x6b",
        b"\xbb",
        b"\xb7",
        b"\xa0",
        b"\x12\x54\xc3\x67",
        b"\x73\x73",
    ),
)
EVIL_NAMES = (
    b"../../x.mp4",
    b"/etc/x.mp4",
    b"..\\x.json",
    b"a\x00b.mp4",
    b".",
    b"",
    b"\xff\xfe.json",
    b"x/" * 60,
    b"\x1b[2J",
)
_PAGE = 4096


@dataclass(frozen=True)
class _Part:
    """A box of MP4 or an element of Matroska."""

    start: int
    content: int
    end: int
    kind: bytes
    above: tuple[int, ...]
    """Where the parts begin that it lies in."""


def mp4_lie(data: bytes, rng: Random) -> bytes:
    """Change a box's size, its name, or a number in it; pictures are left alone."""
    parts = [part for part in _boxes(data, 0, len(data)) if part.kind != b"mdat"]
    if not parts:
        return data
    part = rng.choice(parts)
    if rng.random() < 0.2:
        return put(data, part.start, _edge(rng, 4, "big", part.end - part.start))
    if rng.random() < 0.1:
        return put(data, part.start + 4, rng.choice(parts).kind)
    return _lie_within(data, part, rng, "big")


def mp4_rebuilt(data: bytes, rng: Random) -> bytes:
    """Take a box out or repeat it, and make the sizes around it fit."""
    parts = [part for part in _boxes(data, 0, len(data)) if part.kind != b"mdat"]
    if not parts:
        return data
    part = rng.choice(parts)
    box, times = data[part.start : part.end], rng.choice((0, 0, 2, 50))
    changed = data[: part.start] + box * times + data[part.end :]
    for start in part.above:
        size = int.from_bytes(data[start : start + 4], "big") + len(box) * (times - 1)
        changed = put(changed, start, (size % (1 << 32)).to_bytes(4, "big"))
    return changed


def ebml_lie(data: bytes, rng: Random) -> bytes:
    """Change an element's size or content, take it out or repeat it."""
    parts = list(_elements(data, 0, len(data)))
    if not parts:
        return data
    part = rng.choice(parts)
    kind = rng.random()
    if kind < 0.15:
        at = part.start + len(part.kind)
        return put(data, at, bytes([data[at] ^ 1 << rng.randrange(7)]))
    if kind < 0.3:
        element = data[part.start : part.end]
        return data[: part.start] + element * rng.choice((0, 0, 2, 20)) + data[part.end :]
    return _lie_within(data, part, rng, "big")


def zip_lie(data: bytes, rng: Random) -> bytes:
    """Change a field of an entry's header or of the table of contents, or a name."""
    layouts = {
        b"PK\x03\x04": ("<HHHHHIIIHH", 26),
        b"PK\x01\x02": ("<HHHHHHIIIHHHHHII", 28),
        b"PK\x05\x06": ("<HHHHIIH", 0),
    }
    places = [at for at in range(len(data) - 4) if data[at : at + 4] in layouts]
    if not places:
        return data
    at = rng.choice(places)
    layout, name_length = layouts[data[at : at + 4]]
    if name_length and rng.random() < 0.3:
        start = at + 4 + struct.calcsize(layout)
        length = int.from_bytes(data[at + name_length : at + name_length + 2], "little")
        return put(data, start, rng.choice(EVIL_NAMES)[:length])
    sizes = [struct.calcsize(f"<{letter}") for letter in layout[1:]]
    field = rng.randrange(len(sizes))
    place = at + 4 + sum(sizes[:field])
    old = int.from_bytes(data[place : place + sizes[field]], "little")
    return put(data, place, _edge(rng, sizes[field], "little", old))


def page_lie(data: bytes, rng: Random) -> bytes:
    """Change a number in the head of one of LMDB's pages, or in what points to its entries."""
    page = rng.randrange(max(1, len(data) // _PAGE))
    return _lie(data, page * _PAGE, page * _PAGE + rng.choice((16, 32, 160, _PAGE)), rng, "little")


def _boxes(data: bytes, start: int, end: int, above: tuple[int, ...] = ()) -> Iterator[_Part]:
    while start + 8 <= end:
        size, kind = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8]
        if not 8 <= size <= end - start:
            return
        yield _Part(start, start + 8, start + size, kind, above)
        if kind in _HOLDS_BOXES and len(above) < 8:
            yield from _boxes(data, start + 8, start + size, (*above, start))
        start += size


def _elements(data: bytes, start: int, end: int, depth: int = 0) -> Iterator[_Part]:
    while start + 2 <= end and data[start] and data[start] >= 0x10:
        id_length = 9 - data[start].bit_length()
        at = start + id_length
        if at >= end or not data[at]:
            return
        length = 9 - data[at].bit_length()
        size = int.from_bytes(data[at : at + length], "big") - (1 << 7 * length)
        content = at + length
        unknown = size == (1 << 7 * length) - 1  # as a live stream has it: up to the end
        stop = end if unknown else content + size
        if not content <= stop <= end:
            return
        kind = data[start:at]
        yield _Part(start, content, stop, kind, ())
        if kind in _HOLDS_ELEMENTS and depth < 8:
            yield from _elements(data, content, stop, depth + 1)
        start = stop


def _lie_within(data: bytes, part: _Part, rng: Random, order: str) -> bytes:
    return _lie(data, part.content, min(part.end, part.content + rng.choice((16, 64, 4096))), rng, order)


def _lie(data: bytes, start: int, end: int, rng: Random, order: str) -> bytes:
    """Change one number between two places."""
    size = rng.choice([size for size in (1, 1, 2, 4, 4, 8) if size <= end - start] or [0])
    if not size:
        return data
    at = start + rng.randrange((end - start) // size) * size
    return put(data, at, _edge(rng, size, order, int.from_bytes(data[at : at + size], order)))  # type: ignore[arg-type]


def _edge(rng: Random, size: int, order: str, old: int) -> bytes:
    number = rng.choice((rng.choice(_EDGES), old + rng.randint(-16, 16), old ^ 1 << rng.randrange(8 * size), old * 2))
    return (number % (1 << 8 * size)).to_bytes(size, order)  # type: ignore[arg-type] # "big" or "little"


def put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]
