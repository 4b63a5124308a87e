from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from model.config import ConfigError, build, plain


@dataclass(frozen=True)
class Inner:
    size: tuple[int, int] = (1, 2)
    rate: float = 1.0


@dataclass(frozen=True)
class Outer:
    name: str
    kind: Literal["a", "b"] = "a"
    inner: Inner = field(default_factory=Inner)
    table: dict[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ValueError("name must not be bad")


def test_round_trip() -> None:
    outer = Outer("x", "b", Inner((3, 4), 0.5), {"1": (1.0, 2.0)})
    assert build(Outer, plain(outer)) == outer


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "key 'name' is missing"),
        ({"name": "x", "nmae": 1}, "unknown key 'nmae'"),
        ({"name": 3}, "name is 3, expected str"),
        ({"name": "x", "kind": "c"}, "use one of 'a', 'b'"),
        ({"name": "x", "inner": {"size": [1]}}, "inner.size must have 2 entries"),
        ({"name": "x", "inner": {"size": [1, True]}}, r"inner.size\[1\] is True"),
        ({"name": "x", "inner": 3}, "inner must be a table"),
        ({"name": "x", "table": {"1": 2}}, "table.1 must be a list"),
        ({"name": "bad"}, "name must not be bad"),
        ([], "must be a table"),
        ({"name": 16**5000}, "name is a huge int, expected str"),
        ({"name": [[16**5000]]}, "name is a huge list, expected str"),
        ({"name": "x", "inner": {"size": [1, 1 << 65]}}, "more than 64 bits"),
        ({"name": "x", "inner": {"rate": 1 << 65}}, "more than 64 bits"),
    ],
)
def test_what_does_not_fit_is_named(table: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(Outer, table)


def test_whole_numbers_are_rates() -> None:
    assert build(Outer, {"name": "x", "inner": {"rate": 2}}).inner.rate == 2.0


def deep(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "table",
    [
        {"name": "x" * 100_000, "kind": "y" * 100_000},
        {"name": deep(100_000)},
        {"name": "x", "k" * 100_000: 1},
        {"name": "x", "kind": list(range(100_000))},
        {"name": "x", "table": {"k" * 100_000: 1}},
        {"name": "x", "table": {"line one\nline two \x1b[2J": 1}},
    ],
)
def test_messages_stay_one_short_line(table: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        build(Outer, table)
    assert len(str(refused.value)) < 300 and str(refused.value).isprintable()
