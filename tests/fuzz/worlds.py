"""Readers of what a world folder says of itself, and tables with values that nobody expects in it."""

import copy
import datetime
import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from app.worlds import look_at
from model.autoencoder import AutoencoderConfig
from model.transformer import TransformerConfig
from model.world_folder import WorldFolder
from model.world_spec import build_part, read_scenes, read_spec
from tests.tiny_world import make_tiny_world

from .readers import Reader

VALUES: tuple[Any, ...] = (
    *(0, 1, -1, 2, 7, 1 << 20, (1 << 63) - 1, -(1 << 63), 0.0, -0.0, 0.5, 1e-320, 1e-17, 1e300),
    *(math.inf, -math.inf, math.nan, True, False, "", ".", "..", "a\0b", "\x1b[2J", "x" * 300, "euler", "grid", "rays"),
    *([], [1], ["x"], [0.0], [1000.0, 0.5], {}, {"a": 1}, {"1": [1000.0]}, {"0": []}, datetime.date(1979, 5, 27)),
)
"""For any key."""


def _make(folder: Path) -> None:
    made = make_tiny_world(folder / "tiny")
    for path in sorted(made.iterdir()):
        path.rename(folder / path.name)
    made.rmdir()


def read(folder: Path) -> None:
    """Read all that is not pictures and weights, as the player does; a start screen reads it whatever it is."""
    known = look_at(folder)
    assert known.title.isprintable() and (known.spec is None) == bool(known.fault)
    spec, scenes = read_spec(folder), read_scenes(folder)
    world = WorldFolder(folder, spec)
    assert scenes and all(scene.picture.parent == folder / "scenes" for scene in scenes)
    assert 1 <= spec.field_of_view <= 170 and spec.fps > 0 and spec.width * spec.height <= 1 << 24
    for steps in {world.checked_steps(None), *world.allowed_steps}:
        for first in (True, False):
            times = world.sampler.timestep_list(steps, first=first)
            assert times and all(0 <= time <= 1000.001 for time in times)
    build_part(AutoencoderConfig, spec.autoencoder, folder, "autoencoder")
    build_part(TransformerConfig, spec.transformer, folder, "transformer")


def changed(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    """Tables of the file `name` of a world, each with one of VALUES in one place, or nothing there."""
    table = tomllib.loads((folder / name).read_text())
    for place in _places(table):
        for value in (*VALUES, None):
            other: Any = copy.deepcopy(table)
            within = other
            for key in place[:-1]:
                within = within[key]
            if value is None:
                del within[place[-1]]
            else:
                within[place[-1]] = value
            yield other


def _places(table: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of keys and indices to all that is in a table."""
    entries = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    for key, value in entries:
        yield (*above, key)
        yield from _places(value, (*above, key))


READERS: Mapping[str, Reader] = {
    "world": Reader(_make, read, spared=(".safetensors", ".png")),
}
