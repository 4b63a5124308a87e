"""Mutations of files, each a function of the file's bytes and a seeded generator: what damage and malice make of them.

`mutated` picks those that suit the file's name. Most are small, so that much of what they make passes the first check
of a reader and reaches the later ones.
"""

import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from random import Random

from .containers import EVIL_NAMES, ebml_lie, mp4_lie, mp4_rebuilt, page_lie, put, zip_lie
from .damage import BYTES, WORDS, Mutation, dots, renumber

MOST_BYTES = 4 << 20
"""No mutated file is larger."""


def mutated(name: str, data: bytes, rng: Random) -> bytes:
    """Bytes of a file called `name` after one to three mutations that suit it."""
    ending = ".zip" if name.startswith("part_") else PurePosixPath(name).suffix.lower()
    suited = SUITED.get(ending, BYTES)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        data = rng.choice(suited)(data, rng)[:MOST_BYTES]
    return data


def tar_lie(data: bytes, rng: Random) -> bytes:
    """Change a field of a header and its checksum with it, or what is in a file."""
    heads = list(_tar_heads(data))
    if not heads:
        return data
    at, size = rng.choice(heads)
    if rng.random() < 0.4 and size:
        name = data[at : at + 100].rstrip(b"\0").decode("latin-1")
        content = mutated(name, data[at + 512 : at + 512 + size], rng)
        return _tar_changed(data, at, size, content)
    fields = ((0, 100), (100, 8), (124, 12), (136, 12), (156, 1), (157, 100), (257, 8), (345, 155))
    start, length = rng.choice(fields)
    values: tuple[bytes, ...] = (
        rng.choice(EVIL_NAMES), b"777777777777", b"-0000000001", b"\x80" + b"\xff" * 11,
        b"%011o" % (size + rng.randint(-600, 600)),
        rng.choice((b"1", b"2", b"3", b"5", b"6", b"7", b"g", b"x", b"L", b"K", b"S", b"V")), rng.randbytes(length),
    )  # fmt: skip
    head = bytearray(data[at : at + 512])
    head[start : start + length] = rng.choice(values)[:length].ljust(length, b"\0")
    return put(data, at, _summed(head))


def tensors_lie(data: bytes, rng: Random) -> bytes:
    """Change the table of contents of a safetensors file, mostly with its length made to fit."""
    length = int.from_bytes(data[:8], "little")
    if length > len(data):
        return data
    head = mutated("head.json", data[8 : 8 + length], rng)
    return (len(head) if rng.random() < 0.9 else length).to_bytes(8, "little") + head + data[8 + length :]


def npy_lie(data: bytes, rng: Random) -> bytes:
    """Change the header of numpy's file: shape, type or order."""
    kinds = (b"'<f4'", b"'|O'", b"'<f8'", b"'>f4'", b"'<c8'", b"'|V4'", b"'<U4'", b"'<M8[s]'", b"[('a', '<f4')]")
    if rng.random() < 0.4:
        changed = data[:128].replace(b"'<f4'", rng.choice(kinds)).ljust(128)[:128]
        return changed + data[128:]
    return data[:10] + renumber(data[10:118], rng)[:118].ljust(118) + data[128:]


def _tar_heads(data: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 512 <= len(data) and any(data[at : at + 512]):
        try:
            size = tarfile.TarInfo.frombuf(data[at : at + 512], "utf-8", "surrogateescape").size
        except (tarfile.HeaderError, ValueError):
            return
        yield at, size
        at += 512 + -(-size // 512) * 512


def _tar_changed(data: bytes, at: int, size: int, content: bytes) -> bytes:
    head = bytearray(data[at : at + 512])
    head[124:136] = b"%011o\0" % len(content)
    padded = content.ljust(-(-len(content) // 512) * 512, b"\0")
    return data[:at] + _summed(head) + padded + data[at + 512 + -(-size // 512) * 512 :]


def _summed(head: bytearray) -> bytes:
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


_MP4 = (*BYTES[:7], *[mp4_lie] * 6, *[mp4_rebuilt] * 3)
SUITED: Mapping[str, Sequence[Mutation]] = {
    ".json": WORDS,
    ".jsonl": WORDS,
    ".toml": (*WORDS, dots),
    ".csv": WORDS,
    ".mp4": _MP4,
    ".mov": _MP4,
    ".mkv": (*BYTES, *[ebml_lie] * 8),
    ".tar": (*BYTES[:5], *[tar_lie] * 9),
    ".zip": (*BYTES[:5], *[zip_lie] * 9),
    ".mdb": (*BYTES[:5], *[page_lie] * 9),
    ".safetensors": (*BYTES, *[tensors_lie] * 6),
    ".npy": (*BYTES, *[npy_lie] * 6),
}
"""By the ending of a file's name; a mutation that stands there twice is twice as likely."""
