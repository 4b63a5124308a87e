"""Mutations of any file by its bytes, and of files of text by their values and lines."""

import re
from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[bytes, Random], bytes]

_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, (1 << 63) - 1, (1 << 64) - 1)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TEXT = re.compile(rb'"(?:[^"\\\n]|\\.)*"')
_SCALAR = re.compile(rb'"(?:[^"\\\n]|\\.)*"(?!:)|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')
_VALUE = re.compile(rb'"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[\[{}\],:=]')
_NUMBERS = (
    b"1e9", b"-1e9", b"NaN", b"nan", b"Infinity", b"-inf", b"inf", b"-0", b"-0.0", b"0", b"-1", b"0.5",
    b"1e400", b"1e-320", b"2147483648", b"4294967297", b"9223372036854775808", b"9" * 30, b"9" * 309,
    b"9" * 5000, b"0x" + b"f" * 5000,
    b"true", b"null", b'"1"', b"[]", b"{}", b"[1]", b"1979-05-27T07:32:00Z", b"179.99", b"12.0000001",
)  # fmt: skip
_TEXTS = tuple(
    text.encode()
    for text in (
        '""', r'"\ud800"', r'"\u0000"', r'"\u001b[31m"', r'"a\nb"', '"../../x"', '"/etc/passwd"', '"C:\\\\x"',
        '"."', '".."', '"é😀 ü"', '"\u202etxt.4pm"', '"x"', '"forward"', '"{}"', '"{0.__class__}"', '"NaN"', "7",
        "null", "[]", "{}", "true", f'"{"x" * 300}"', f'"{"x" * 70_000}"',
    )
)  # fmt: skip


def flip(data: bytes, rng: Random) -> bytes:
    """Turn one to eight bits over."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def overwrite(data: bytes, rng: Random) -> bytes:
    """Put a number that is at the edge of its kind somewhere."""
    size, order = rng.choice((1, 2, 4, 8)), rng.choice(("big", "little"))
    number = rng.choice(_EDGES) + rng.choice((0, 0, 1, -1))
    value = (number % (1 << 8 * size)).to_bytes(size, order)
    at = rng.randrange(max(1, len(data) - size + 1))
    return data[:at] + value + data[at + size :]


def truncate(data: bytes, rng: Random) -> bytes:
    """Cut the end off: all, a random part, or a few bytes."""
    return data[: rng.choice((rng.randrange(len(data) + 1), max(0, len(data) - rng.randint(1, 64)), 0))]


def remove(data: bytes, rng: Random) -> bytes:
    """Take a stretch out."""
    at, end = _stretch(data, rng)
    return data[:at] + data[end:]


def double(data: bytes, rng: Random) -> bytes:
    """Repeat a stretch a few times."""
    at, end = _stretch(data, rng)
    return data[:end] + data[at:end] * rng.choice((1, 1, 2, 40)) + data[end:]


def splice(data: bytes, rng: Random) -> bytes:
    """Copy a stretch over another place."""
    at, end = _stretch(data, rng)
    place = rng.randrange(len(data) + 1)
    return data[:place] + data[at:end] + data[place + (end - at) :]


def insert(data: bytes, rng: Random) -> bytes:
    """Put bytes in between: zeros, ones, or random ones."""
    at, size = rng.randrange(len(data) + 1), rng.choice((1, 4, 100, 5000))
    return data[:at] + rng.choice((bytes(size), b"\xff" * size, rng.randbytes(size))) + data[at:]


def renumber(data: bytes, rng: Random) -> bytes:
    """Put a number that nobody expects in a number's place."""
    return _replaced(_NUMBER, data, rng, rng.choice(_NUMBERS))


def nudge(data: bytes, rng: Random) -> bytes:
    """Make a number a little larger or smaller."""
    found = _one(_NUMBER, data, rng)
    if found is None:
        return data
    number = float(found[0]) if set(b".eE") & set(found[0]) else int(found[0][:30])
    changed = rng.choice((number + 1, number - 1, -number, number * 2, number * 1000, number / 3))
    return data[: found.start()] + str(changed).encode() + data[found.end() :]


def reword(data: bytes, rng: Random) -> bytes:
    """Put a text that nobody expects, or no text, in a text's place."""
    return _replaced(_TEXT, data, rng, rng.choice(_TEXTS))


def exchange(data: bytes, rng: Random) -> bytes:
    """Put one value of the file in another one's place, or a bracket or comma, or nothing."""
    pattern = _SCALAR if rng.random() < 0.7 else _VALUE
    found = _one(pattern, data, rng)
    return _replaced(pattern, data, rng, b"" if found is None or rng.random() < 0.1 else found[0])


def nest(data: bytes, rng: Random) -> bytes:
    """Put lists or tables in each other in a value's place, deep enough for some stack or other."""
    depth = rng.choice((5, 100, rng.randint(900, 1000), rng.randint(960, 995), 5000, 100_000))
    begin, end = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"{a=", b"}")))
    closed = end * rng.choice((depth, depth, depth, 0))
    return _replaced(_VALUE, data, rng, begin * depth + b"1" * (begin != b"[") + closed)


def dots(data: bytes, rng: Random) -> bytes:
    """Add a line with a key of very many parts."""
    lines = data.split(b"\n")
    lines.insert(rng.randrange(len(lines) + 1), b"a" + b".a" * rng.choice((3, 1000, 30_000)) + b" = 1")
    return b"\n".join(lines)


def relined(data: bytes, rng: Random) -> bytes:
    """Remove, double, exchange or empty lines."""
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(5)
    if kind == 0:
        del lines[one]
    elif kind == 1:
        lines.insert(other, lines[one])
    elif kind == 2:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 3:
        lines[one] = b""
    else:
        lines = [*lines[: one + 1], *(lines[one:] * rng.choice((2, 20)))]
    return b"\n".join(lines)


def lengthen(data: bytes, rng: Random) -> bytes:
    """Make one line very long."""
    at = rng.randrange(len(data) + 1)
    return (
        data[:at] + rng.choice((b" ", b"x", b"1", b'"', b",", b"\\")) * rng.choice((300, 70_000, 1_100_000)) + data[at:]
    )


def recoded(data: bytes, rng: Random) -> bytes:
    """Put in bytes that are no text, or turn the whole into another encoding."""
    at = rng.randrange(len(data) + 1)
    odd = rng.choice((b"\xff", b"\xed\xa0\x80", b"\x00", "😀".encode(), b"\xef\xbb\xbf", b"\r", b"\x1b[2J"))
    if rng.random() < 0.2:
        return data.decode("latin-1").encode(rng.choice(("utf-16", "utf-8-sig")))
    return data[:at] + odd + data[at:]


def _stretch(data: bytes, rng: Random) -> tuple[int, int]:
    at = rng.randrange(len(data) + 1)
    return at, min(len(data), at + rng.choice((1, 4, 16, rng.randint(1, 4096))))


def _one(pattern: re.Pattern[bytes], data: bytes, rng: Random) -> re.Match[bytes] | None:
    """The first match behind a random place, or the first of all."""
    return pattern.search(data, rng.randrange(len(data) + 1)) or pattern.search(data)


def _replaced(pattern: re.Pattern[bytes], data: bytes, rng: Random, value: bytes) -> bytes:
    found = _one(pattern, data, rng)
    return data if found is None else data[: found.start()] + value + data[found.end() :]


BYTES: Sequence[Mutation] = (flip, overwrite, truncate, remove, double, splice, insert, flip, overwrite)
"""For any file."""
WORDS: Sequence[Mutation] = (
    *(
        renumber,
        renumber,
        renumber,
        nudge,
        nudge,
        nudge,
        nudge,
        nudge,
        nudge,
        reword,
        reword,
        reword,
        exchange,
        exchange,
    ),
    *(exchange, nest, relined, relined, relined),
    *(lengthen, recoded, flip, truncate, remove, double, splice),
)
"""For files of text; what stands there twice is twice as likely."""
