"""What is asked of files that came from elsewhere before anything in them is believed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from ..errors import DataError

MAX_JSON_BYTES = 64 << 20
"""Largest JSON document; a clip of 100,000 frames needs a third of it."""
MAX_LINE_BYTES = 1 << 20
"""Longest line of a file that holds one JSON value per line."""


def read_json(path: Path, most: int = MAX_JSON_BYTES) -> Any:
    """Parse a JSON file of at most `most` bytes; NaN and infinities are refused.

    Raises:
        DataError: when it is missing, too large, or no JSON.
    """
    try:
        size = path.stat().st_size
        if size > most:
            raise DataError(f"{path}: is {size >> 20} MiB, larger than the {most >> 20} MiB any clip needs; remove it")
        return json.loads(path.read_bytes(), parse_constant=_refuse)
    except FileNotFoundError:
        raise DataError(f"{path}: missing; restore it or remove the clip") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON ({error}); copy it again or remove the clip") from None


def json_lines(path: Path, encoding: str = "utf-8", *, torn: bool = False) -> Iterator[tuple[int, Any]]:
    """Values of a file of one JSON value per line, with the lines' numbers from 1; blank lines are left out.

    With `torn`, so is a last line without its end: its writer was killed.

    Raises:
        DataError: naming the line that is too long or no JSON.
    """
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
    except FileNotFoundError:
        raise DataError(f"{path}: missing; restore it or remove the clip") from None
    except OSError as error:
        raise DataError(f"{path}: not readable ({error.strerror}); check its permissions") from None


def plain_name(name: str, where: str) -> str:
    """Return `name` if it can be that of a file in any folder: no path, nothing that climbs, nothing invisible.

    Raises:
        DataError: naming `where` it stands.
    """
    if not name or name in (".", "..") or set(name) & {"/", "\\", os.sep, "\0"} or not name.isprintable():
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
