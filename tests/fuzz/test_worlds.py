"""Whatever is in `world.toml` and `scenes.toml`, it is read or refused by name, and a start screen lives on."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w

from model.errors import WorldError

from . import worlds
from .run import Fuzzer
from .worlds import changed, read

COUNT = int(os.environ.get("ARVD_FUZZ", "200"))


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzer]:
    with Fuzzer(tmp_path_factory.mktemp("worlds"), module=worlds.__name__) as running:
        yield running


def test_mutated_worlds_are_read_or_refused_by_name(fuzzer: Fuzzer) -> None:
    tally = fuzzer.run("world", range(COUNT))
    assert not tally.failures, "\n".join(tally.failures[:10])
    assert tally.outcomes["read"] > COUNT / 20 and len(tally.reasons) > 3


@pytest.mark.parametrize("name", ["world.toml", "scenes/scenes.toml"])
def test_any_value_of_any_key_is_read_or_refused(tiny_world: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(tiny_world, tmp_path / "world"))
    outcomes = {"read": 0, "refused": 0}
    for table in changed(tiny_world, name):
        (folder / name).write_text(tomli_w.dumps(table))
        try:
            read(folder)
            outcomes["read"] += 1
        except WorldError as error:
            assert str(folder) in str(error) and str(error).isprintable() and len(str(error)) < 1000
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 20, outcomes
