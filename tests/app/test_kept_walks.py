"""Which saved walks the start screen offers to go on with."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from app.kept_walks import newest_walks
from app.slots import saves_folder
from app.worlds import KnownWorld, look_at
from model.world_spec import world_hash


@pytest.fixture
def keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("app.slots.user_data_path", lambda *words, **how: tmp_path / "data")
    return tmp_path


def put(world: Path, slot: str, *, hours_ago: float, hash_: str | None = None) -> None:
    state = json.dumps({"index": 7, "seed": 3, "world": hash_ or world_hash(world)})
    spec = look_at(world).spec
    assert spec is not None
    path = saves_folder(spec.name) / f"{slot}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(save({"frame": np.full((32, 48, 3), 9, np.uint8)}, {"state": state}))
    when = path.stat().st_mtime - 3600 * hours_ago
    os.utime(path, (when, when))


def renamed(world: Path, folder: Path) -> Path:
    shutil.copytree(world, folder)
    text = (folder / "world.toml").read_text()
    (folder / "world.toml").write_text(text.replace('"tiny"', f'"{folder.name}"'))
    return folder


def test_the_newest_come_first_whatever_world_they_are_of(keep: Path, tiny_world: Path) -> None:
    other = renamed(tiny_world, keep / "other")
    for world, slot, hours in ((tiny_world, "quick", 5.0), (tiny_world, "2", 1.0), (other, "1", 3.0)):
        put(world, slot, hours_ago=hours)
    worlds = [look_at(tiny_world), look_at(other)]
    found = newest_walks(worlds, 9)
    assert [(walk.world.folder, walk.slot.name) for walk in found] == [
        (tiny_world, "2"),
        (other, "1"),
        (tiny_world, "quick"),
    ]
    assert [walk.slot.name for walk in newest_walks(worlds, 1)] == ["2"]


def test_worlds_that_are_equal_offer_a_walk_once(keep: Path, tiny_world: Path) -> None:
    put(tiny_world, "2", hours_ago=1.0)
    copy = shutil.copytree(tiny_world, keep / "copy")
    found = newest_walks([look_at(tiny_world), look_at(copy)], 9)
    assert [(walk.world.folder, walk.slot.name) for walk in found] == [(tiny_world, "2")]


def test_what_cannot_be_gone_on_with_is_not_offered(keep: Path, tiny_world: Path) -> None:
    put(tiny_world, "1", hours_ago=0.0, hash_="0" * 64)
    (saves_folder("tiny") / "2.safetensors").write_bytes(b"no")
    assert newest_walks([look_at(tiny_world), KnownWorld(keep, "broken", fault="gone")], 9) == ()
