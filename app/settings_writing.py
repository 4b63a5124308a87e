"""Writes what a person chose otherwise into `settings.toml`, and leaves the rest of the file as it is.

One rule: a setting is written when it differs from what the file was known to say, and nothing else is touched. So
what this arvd does not understand stays: the version of a newer one, unknown keys, values that cannot be used, each
until that very setting is chosen (or one in a table that such a value stands in the place of). So do comments, what was
written in the file meanwhile, and the absence of what nobody chose, which follows the defaults.
"""

import errno
import tomllib
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from model.config import plain
from model.errors import RunError
from model.files import write_atomically

from .settings import KEYS, VERSION, Settings

if TYPE_CHECKING:
    from tomlkit.items import Table

_NEW = f"version = {VERSION}\n"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def save_settings(path: Path, settings: Settings, before: Settings) -> None:
    """Change in the file at `path` what is otherwise in `settings` than `before`, whole or not at all.

    Raises:
        RunError: when it cannot be written, or holds no TOML any more.
    """
    if settings == before:
        return
    text = _read(path)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is no TOML any more ({error}); it is not written over, mend it") from error
    _change(table, before, settings)
    try:
        write_atomically(path, (_edited(text, table, before, settings) or tomli_w.dumps(table)).encode())
    except RunError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError):
            raise
        remedy = "make room on the disk" if cause.errno in _FULL else "its folder has to be one that you may write to"
        raise RunError(f"{path}: could not be written ({cause.strerror}); {remedy}") from cause


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") or _NEW
    except (FileNotFoundError, NotADirectoryError):  # whether it can be written, writing tells
        return _NEW
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise RunError(f"{path} cannot be read any more ({why}); it is not written over") from error


def _change(table: MutableMapping[str, Any], before: Any, now: Any) -> None:
    """Write into `table` what is otherwise in the dataclass `now` than in `before`."""
    for entry in fields(now):
        old, new = getattr(before, entry.name), getattr(now, entry.name)
        if old == new:
            continue
        if is_dataclass(new):
            _change(_table_in(table, entry.name), old, new)
        elif KEYS in entry.metadata:
            _change_entries(_table_in(table, entry.name), old, new)
        else:
            table[entry.name] = plain(new)


def _change_entries(table: MutableMapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for key in before.keys() - now.keys():  # what the person took back
        table.pop(key, None)
    for key, value in now.items():
        if key not in before or before[key] != value:
            table[key] = plain(value)


def _table_in(table: MutableMapping[str, Any], key: str) -> MutableMapping[str, Any]:
    if not isinstance(table.get(key), MutableMapping):
        table[key] = {}
    inner: MutableMapping[str, Any] = table[key]  # not what was put there: a library may put its own kind of table
    return inner


def _edited(text: str, wanted: Mapping[str, Any], before: Settings, now: Settings) -> str:
    """Return `text` changed so that it says what is `wanted`, all else as it was; "" where that does not succeed."""
    import tomlkit  # only here: no start waits for it

    try:
        document = tomlkit.parse(text)
        tails = []
        for _, item in document.body:
            if isinstance(item, tomlkit.items.Table):
                tails += list(_tails(item))
        _change(document, before, now)
        for body, tail in tails:
            body.extend(tail)
        edited = document.as_string()
        return edited if tomllib.loads(edited) == wanted else ""
    except Exception:  # it is no parser for untrusted text, and comments are worth less than what was chosen
        return ""


def _tails(table: "Table") -> Iterator[tuple[list[Any], list[Any]]]:
    """Cut off what stands below the last line of each table, and belongs to what follows: new lines come before it."""
    from tomlkit.items import Comment, Table, Whitespace

    body = table.value.body
    end = len(body)
    while end and isinstance(body[end - 1][1], Comment | Whitespace):
        end -= 1
    tail = body[end:]
    del body[end:]
    yield body, tail
    for _, item in body:
        if isinstance(item, Table):
            yield from _tails(item)
