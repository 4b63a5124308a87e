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
    ],
)
def test_what_does_not_fit_is_named(table: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(Outer, table)


def test_whole_numbers_are_rates() -> None:
    assert build(Outer, {"name": "x", "inner": {"rate": 2}}).inner.rate == 2.0
