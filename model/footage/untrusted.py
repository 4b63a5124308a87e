"""What is asked of files that came from elsewhere before anything in them is believed."""

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from ..errors import DataError

MAX_JSON_BYTES = 64 << 20
"""Largest JSON document; a clip of 100,000 frames needs a third of it."""
MAX_LINE_BYTES = 1 << 20
"""Longest line of a file that holds one JSON value per line."""
_MAX_NAME_BYTES = 255  # as file systems have it
_MOST_DOTS = 32  # in a line of TOML: the parser's memory grows with the square of a key's parts


def read_json(path: Path, most: int = MAX_JSON_BYTES) -> Any:
    """Parse a JSON file of at most `most` bytes; NaN and infinities are refused.

    Raises:
        DataError: when it is missing, too large, or no JSON.
    """
    if not path.is_file():  # a pipe would be waited for
        raise DataError(f"{path}: missing; restore it or remove the clip")
    try:
        size = path.stat().st_size
        if size > most:
            raise DataError(f"{path}: is {size >> 20} MiB, larger than the {most >> 20} MiB any clip needs; remove it")
        return json.loads(path.read_bytes(), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON ({error}); copy it again or remove the clip") from None


def read_toml(path: Path, most: int) -> dict[str, Any]:
    """Parse a TOML file of at most `most` bytes.

    Raises:
        DataError: when it is missing, too large, or no TOML.
    """
    if not path.is_file():
        raise DataError(f"{path}: missing; restore it")
    try:
        size = path.stat().st_size
        if size > most:
            raise DataError(f"{path}: is {size >> 10} KiB, larger than {most >> 10} KiB; remove it")
        text = path.read_bytes().decode()
        for line, words in enumerate(text.split("\n"), 1):
            if words.count(".") > _MOST_DOTS:
                raise DataError(f"{path}: line {line} has more than {_MOST_DOTS} dots; mend or remove it")
        return tomllib.loads(text.replace("\r\n", "\n"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as TOML ({in_words(error)}); mend or remove it") from None


def json_lines(path: Path, encoding: str = "utf-8", *, torn: bool = False) -> Iterator[tuple[int, Any]]:
    """Values of a file of one JSON value per line, with the lines' numbers from 1; blank lines are left out.

    With `torn`, so is a last line without its end: its writer was killed.

    Raises:
        DataError: naming the line that is too long or no JSON.
    """
    if not path.is_file():
        raise DataError(f"{path}: missing; restore it or remove the clip")
    try:
        with path.open("rb") as file:
            for number in range(1, 1 << 31):
                line = file.readline(MAX_LINE_BYTES + 1)
                if not line:
                    return
                if len(line) > MAX_LINE_BYTES:
                    raise DataError(f"{path}: line {number} is longer than {MAX_LINE_BYTES >> 20} MiB; remove the clip")
                if torn and not line.endswith(b"\n"):
                    return
                if not line.strip():
                    continue
                try:
                    yield number, json.loads(line.decode(encoding), parse_constant=_refuse)
                except (ValueError, RecursionError) as error:
                    raise DataError(
                        f"{path}: line {number} is not readable as JSON ({error}); copy the file again"
                    ) from None
    except OSError as error:
        raise DataError(f"{path}: not readable ({error.strerror}); check its permissions") from None


def in_words(error: object) -> str:
    """Return what a library says of a bad file, fit for a sentence: short, in one line, with nothing invisible."""
    return "".join(letter if letter.isprintable() else "?" for letter in f"{error!s:.200}")


def plain_name(name: str, where: str) -> str:
    """Return `name` if it can be that of a file in any folder: short, no path, nothing that climbs or is invisible.

    Raises:
        DataError: naming `where` it stands.
    """
    is_path = name in ("", ".", "..") or bool(set(name) & {"/", "\\", os.sep, "\0"})
    if is_path or not name.isprintable() or len(name.encode()) > _MAX_NAME_BYTES:
        raise DataError(f"{where}: {name[:80]!r} is no name of a file in this folder; remove or rename the entry")
    return name


def inside(root: Path, path: Path) -> Path:
    """Return `path` if it lies under `root` once every link is followed.

    Raises:
        DataError: when it leads elsewhere.
    """
    try:
        leads_out = not path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a name that no file can have
        raise DataError(f"{path}: cannot be followed ({error}); remove the link") from None
    if leads_out:
        raise DataError(f"{path}: leads out of {root}; put the file itself there")
    return path


def number(value: Any) -> float:
    """Return a value out of JSON that has to be a number; raises TypeError, and OverflowError for a huge integer."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r:.40}, not a number")
    return float(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")
