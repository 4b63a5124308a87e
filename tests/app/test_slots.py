from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.slots import NAMES, QUICK, Slots, _moment, saves_folder, slots_of
from model.actions import Action
from model.errors import StateError
from model.world import World, load_world
from model.world_spec import read_spec

from ..tiny_world import make_tiny_world


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


@pytest.fixture(scope="module")
def state(world: World) -> bytes:
    session = world.start(seed=3)
    session.step(Action(forward=True))
    return session.save()


def test_a_walk_goes_on_from_its_slot(world: World, state: bytes, tmp_path: Path) -> None:
    slots = Slots(tmp_path / "saves", world.hash)
    slots.save("2", state)
    session = world.start(seed=9)
    session.load(slots.load("2"))
    assert session.index == 1 and session.seed == 3


def test_slots_are_listed_with_their_pictures(world: World, state: bytes, tmp_path: Path) -> None:
    slots = Slots(tmp_path / "saves", world.hash)
    assert [slot.name for slot in slots.list()] == list(NAMES) and not any(slot.loadable for slot in slots.list())
    slots.save(QUICK, state)
    slot = slots.list()[0]
    assert slot.loadable and (slot.index, slot.seed) == (1, 3) and slot.saved is not None
    session = world.start(seed=3)
    np.testing.assert_array_equal(slot.thumbnail, session.step(Action(forward=True)))


def test_empty_unknown_damaged_and_foreign_slots_are_refused(world: World, state: bytes, tmp_path: Path) -> None:
    slots = Slots(tmp_path, world.hash)
    with pytest.raises(StateError, match="slot 1 is empty; save"):
        slots.load("1")
    with pytest.raises(StateError, match="there is no slot"):
        slots.save("../x", state)
    slots.save("1", state[: len(state) // 2])
    with pytest.raises(StateError, match="damaged"):
        slots.load("1")
    slots.save("2", state)
    assert Slots(tmp_path, "0" * 64).look("2").fault == "of another world, or another version of it"
    with pytest.raises(StateError, match="another world"):
        Slots(tmp_path, "0" * 64).load("2")
    with pytest.raises(StateError, match="another world"):
        Slots(tmp_path, "0" * 64, {"1" * 64}).load("2")
    assert [slot.loadable for slot in slots.list()] == [False, False, True, False, False, False]


def test_a_walk_that_was_kept_with_a_shorter_memory_is_of_this_world(tiny_world: Path, tmp_path: Path) -> None:
    short = load_world(str(tiny_world), device="cpu", runtime="eager-fp32", window=1)
    slots = slots_of(tiny_world, read_spec(tiny_world))
    slots.folder = tmp_path
    slots.save("1", short.start(seed=4).save())
    assert slots.look("1").loadable and slots.look("1").seed == 4
    stranger = load_world(str(make_tiny_world(tmp_path / "other", seed=7)), device="cpu", runtime="eager-fp32")
    slots.follow(stranger)
    assert slots.world == stranger.hash and "another world" in slots.look("1").fault


@given(cut=st.integers(0, 4000), junk=st.binary(max_size=30))
def test_whatever_lies_in_a_slot_can_be_listed(
    world: World, state: bytes, tmp_path_factory: pytest.TempPathFactory, cut: int, junk: bytes
) -> None:
    slots = Slots(tmp_path_factory.mktemp("slots"), world.hash)
    slots.save(QUICK, state[:cut] + junk + state[cut + len(junk) :])
    slot = slots.list()[0]
    assert slot.loadable or slot.fault
    slots.folder.joinpath(f"{QUICK}.safetensors").unlink()


def test_a_failed_save_keeps_the_old_one(
    world: World, state: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = Slots(tmp_path, world.hash)
    slots.save(QUICK, state)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="No space left"):
        slots.save(QUICK, b"new")
    assert slots.load(QUICK) == state


def test_worlds_keep_their_walks_apart() -> None:
    assert saves_folder("meadow") != saves_folder("snow")
    assert [saves_folder(name).name for name in ("meadow", "my world 1.5", "сад")] == ["meadow", "my world 1.5", "сад"]


@pytest.mark.parametrize("name", ["/etc", "../../../../tmp/evil", "..", ".", "", "a/b", "nul\0", "x" * 5000 + "/"])
def test_no_name_leads_out_of_the_saves(name: str, world: World) -> None:
    folder = saves_folder(name)
    assert folder.parent == saves_folder("meadow").parent and folder.resolve().parent == folder.parent.resolve()
    assert not any(slot.loadable for slot in Slots(folder, world.hash).list())


def test_a_file_of_an_impossible_time_was_written_long_ago() -> None:
    assert _moment(1e12) == _moment(-1e300) == _moment(0.0) < _moment(1e9)
