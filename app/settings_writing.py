"""Writes what a person chose otherwise into `settings.toml`, and leaves the rest of the file as it is.

One rule: a setting is written when it differs from what the file was known to say, and nothing else is touched. So
what this arvd does not understand stays: the version of a newer one, unknown keys, values that cannot be used, each
until that very setting is chosen (or one in a table that such a value stands in the place of). So do comments, the ends
of lines, what was written in the file meanwhile, and the absence of what nobody chose, which follows the defaults.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from model.config import plain
from model.errors import RunError
from model.files import lacks_room, write_atomically

from .settings import KEYS, VERSION, Settings

if TYPE_CHECKING:
    from tomlkit.items import Table

_NEW = f"version = {VERSION}\n"
_BARRED = "its folder has to be one that you may write to, and no other program may hold the file open"
"""What keeps a file from being replaced, since not every system tells which of both it is."""


def save_settings(path: Path, settings: Settings, before: Settings) -> None:
    """Change in the file at `path` what is otherwise in `settings` than `before`, whole or not at all.

    Raises:
        RunError: when it cannot be written, or holds no TOML any more.
    """
    if settings == before:
        return
    text, ends = _read(path)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path} is no TOML any more ({error}); it is not written over, mend it") from error
    _change(table, before, settings)
    edited = _edited(text, table, before, settings) or tomli_w.dumps(table)
    try:
        write_atomically(path, edited.replace("\n", ends).encode())
    except RunError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError):
            raise
        remedy = "make room on the disk" if lacks_room(cause) else _BARRED
        raise RunError(f"{path}: could not be written ({cause.strerror}); {remedy}") from cause


def _read(path: Path) -> tuple[str, str]:
    """Return the text, in which lines end as they do here, and how they end in the file; "\\n" where they differ."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read()
            return text or _NEW, file.newlines if isinstance(file.newlines, str) else "\n"
    except (FileNotFoundError, NotADirectoryError):  # whether it can be written, writing tells
        return _NEW, "\n"
    except (OSError, UnicodeDecodeError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise RunError(f"{path} cannot be read any more ({why}); it is not written over") from error


def _change(
    table: MutableMapping[str, Any], before: Any, now: Any, new_table: Callable[[], MutableMapping[str, Any]] = dict
) -> None:
    """Write into `table` what is otherwise in the dataclass `now` than in `before`."""
    for entry in fields(now):
        old, new = getattr(before, entry.name), getattr(now, entry.name)
        if old == new:
            continue
        if is_dataclass(new):
            _change(_table_in(table, entry.name, new_table), old, new, new_table)
        elif KEYS in entry.metadata:
            _change_entries(_table_in(table, entry.name, new_table), old, new)
        else:
            table[entry.name] = plain(new)


def _change_entries(table: MutableMapping[str, Any], before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    for key in before.keys() - now.keys():  # what the person took back
        table.pop(key, None)
    for key, value in now.items():
        if key not in before or before[key] != value:
            table[key] = plain(value)


def _table_in(
    table: MutableMapping[str, Any], key: str, new_table: Callable[[], MutableMapping[str, Any]]
) -> MutableMapping[str, Any]:
    if not isinstance(table.get(key), MutableMapping):
        table[key] = new_table()
    inner: MutableMapping[str, Any] = table[key]  # not what was put there: a library may put its own kind of table
    return inner


def _edited(text: str, wanted: Mapping[str, Any], before: Settings, now: Settings) -> str:
    """Return `text` changed so that it says what is `wanted`, all else as it was; "" where that does not succeed."""
    import tomlkit  # only here: no start waits for it

    # A new table has a header, as a person would write it, unless what follows would then stand below that: after
    # `hands.invert = true`, `[hands.bindings]` would take in a `picture.vsync = true`, which is then a key of it.
    for new_table in (tomlkit.table, tomlkit.inline_table):
        try:
            document = tomlkit.parse(text)
            tails = []
            for _, item in document.body:
                if isinstance(item, tomlkit.items.Table):
                    tails += list(_tails(item))
            _change(document, before, now, new_table)
            for body, tail in tails:
                body.extend(tail)
            edited = document.as_string()
            if _same(tomllib.loads(edited), wanted):
                return edited
        except Exception:  # it is no parser for untrusted text, and comments are worth less than what was chosen
            continue
    return ""


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two files say the same: not "==", which holds for no table with a `nan` in it."""
    first, second = (json.dumps(table, sort_keys=True, default=repr) for table in (one, other))  # dates have a repr
    return first == second


def _tails(table: "Table") -> Iterator[tuple[list[Any], list[Any]]]:
    """Cut off what stands below the last line of each table, and belongs to what follows: new lines come before it.

    A table that has no header of its own loses the comment that tomlkit gives it, which is that of `[hands.bindings]`
    for `hands`: it would be there twice once `hands` gets a header.
    """
    from tomlkit.items import Comment, Table, Whitespace

    if table.is_super_table():
        table.trivia.comment = table.trivia.comment_ws = ""
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
