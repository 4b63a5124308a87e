"""Frozen dataclasses from plain tables, strictly: unknown, missing and mistyped keys are errors that say where."""

import dataclasses
import functools
import reprlib
import types
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

_SHOWN = reprlib.Repr()  # values are untrusted: a message stays a sentence, however long or deep they are
_SHOWN.maxstring = _SHOWN.maxother = 80
_WHOLE_BITS = 64  # of the largest whole number, as in TOML


class ConfigError(ValueError):
    """A table that does not fit its dataclass; the message names the key."""


def build(cls: type[T], table: Any, where: str = "") -> T:
    """Make a `cls` from a table of plain values, nested dataclasses included.

    Raises:
        ConfigError: naming the first key that is unknown, missing or of the wrong type, or what the dataclass refused.
    """
    name = where or "the top level"
    if not isinstance(table, Mapping):
        raise ConfigError(f"{name} must be a table")
    hints = _hints(cls)  # type: ignore[arg-type] # a class is hashable
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type] # always a dataclass
    if unknown := sorted(set(table) - set(fields)):
        raise ConfigError(f"unknown key {_shown(unknown[0])} in {name} (known: {', '.join(fields)})")
    values = {}
    for key, field in fields.items():
        if key in table:
            values[key] = _value(hints[key], table[key], f"{where}.{key}" if where else key)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigError(f"key {key!r} is missing in {name}")
    try:
        return cls(**values)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{name}: {error}") from None


def plain(config: Any) -> Any:
    """Return a dataclass as plain tables and lists that JSON and TOML can hold; entries that are None are left out."""
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        values = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
        return {key: plain(value) for key, value in values.items() if value is not None}
    if isinstance(config, Mapping):
        return {str(key): plain(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [plain(value) for value in config]
    return config


@functools.cache  # a replay builds one dataclass per frame
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _value(hint: Any, value: Any, where: str) -> Any:
    if hint is Any:
        return value
    origin, arguments = get_origin(hint), get_args(hint)
    if dataclasses.is_dataclass(hint):
        return build(hint, value, where)  # type: ignore[arg-type] # is_dataclass also admits instances
    if origin in (Union, types.UnionType):
        return _value(next(a for a in arguments if a is not type(None)), value, where)
    if origin is Literal:
        if value not in arguments:
            raise ConfigError(f"{where} is {_shown(value)}; use one of {', '.join(map(repr, arguments))}")
        return value
    if origin is tuple:
        return _tuple(arguments, value, where)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where} must be a table")
        return {str(key): _value(arguments[1], item, f"{where}.{_spelled(str(key))}") for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > _WHOLE_BITS:
            raise ConfigError(f"{where} is a whole number of more than {_WHOLE_BITS} bits")
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} is {_shown(value)}, expected {hint.__name__}")
    if hint is int and value.bit_length() > _WHOLE_BITS:
        raise ConfigError(f"{where} is a whole number of more than {_WHOLE_BITS} bits")
    return value


def _tuple(arguments: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ConfigError(f"{where} must be a list")
    if arguments[-1] is Ellipsis:
        return tuple(_value(arguments[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    if len(value) != len(arguments):
        raise ConfigError(f"{where} must have {len(arguments)} entries, it has {len(value)}")
    return tuple(_value(a, item, f"{where}[{i}]") for i, (a, item) in enumerate(zip(arguments, value, strict=True)))


def _shown(value: Any) -> str:
    try:
        return _SHOWN.repr(value)
    except ValueError:  # a whole number of thousands of digits is never spelled out
        return f"a huge {type(value).__name__}"


def _spelled(key: str) -> str:
    return key if key.isprintable() and len(key) <= _SHOWN.maxstring else _shown(key)
