"""A state goes on in another precision and with another memory: near to what would have come, at the same place."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from model.actions import Action
from model.errors import StateError
from model.refit import _as_kind, _moved, _places, refit
from model.runtime import Runtime
from model.session import Session
from model.snapshot import Snapshot
from model.world import World, load_world
from model.world_spec import read_spec

from ..tiny_world import make_tiny_world

WALK = [Action(forward=True, yaw=4.0), Action(left=True, pitch=-9.0), Action(jump=True, yaw=-7.0)] * 4


def open_(folder: Path, dtype: torch.dtype = torch.float32, window: int | None = None) -> World:
    return World(folder, read_spec(folder), Runtime("eager", torch.device("cpu"), dtype), window)


@pytest.fixture(scope="module")
def whole(tiny_world: Path) -> World:
    return open_(tiny_world)


@pytest.fixture(scope="module")
def half(tiny_world: Path) -> World:
    return open_(tiny_world, torch.bfloat16)


def walked(world: World, frames: int = 9) -> Session:
    session = world.start("two", seed=3)
    list(session.run(WALK[:frames]))
    return session


def apart(one: Session, other: Session, actions: Iterable[Action]) -> float:
    """Mean difference of the next frames, in levels of 256."""
    return float(np.mean([np.abs(one.step(action).astype(float) - other.step(action)) for action in actions]))


@pytest.mark.parametrize("frames", [0, 1, 2, 9])
def test_another_precision_goes_on_near_to_what_would_have_come(whole: World, half: World, frames: int) -> None:
    for there, here in ((whole, half), (half, whole)):
        session, other = walked(there, frames), here.start(seed=8)
        with pytest.raises(StateError, match="dtype"):
            other.restore(session.snapshot())
        assert not other.restore(session.snapshot(), exact=False)
        assert (other.index, other.seed, other.pitch) == (frames, 3, session.pitch)
        np.testing.assert_array_equal(other.frame, session.frame)
        near, elsewhere = apart(session, other, WALK[:2]), apart(session, here.start("one", seed=8), WALK[:2])
        assert near < 3 < elsewhere


def test_its_own_precision_and_memory_go_on_to_the_byte(half: World) -> None:
    session, other = walked(half), half.start()
    assert other.load(session.save(), exact=False) and other.save() == session.save()
    assert apart(session, other, WALK) == 0


def test_bfloat16_is_kept_whole_in_single_precision_and_comes_back(whole: World, half: World) -> None:
    state, middle, back = walked(half).save(), whole.start(), half.start()
    middle.load(state, exact=False)
    back.load(middle.save(), exact=False)
    assert back.save() == state


def test_numbers_are_rounded_as_torch_rounds_them() -> None:
    numbers = torch.randn(10_000, generator=torch.Generator().manual_seed(0)) * 10.0 ** torch.linspace(-30, 30, 10_000)
    halves = (torch.arange(2000, dtype=torch.int32) * 0x8000 + 0x3F800000).view(torch.float32)
    for array in (numbers, halves):
        expected = array.bfloat16()
        rounded = _as_kind(array.numpy(), "uint16")
        np.testing.assert_array_equal(rounded, expected.view(torch.uint16).numpy())
        np.testing.assert_array_equal(_as_kind(rounded, "float32"), expected.float().numpy())


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("window", [1, 2])
def test_a_shorter_memory_keeps_the_first_frame_and_the_newest(
    whole: World, tiny_world: Path, frames: int, window: int
) -> None:
    short = open_(tiny_world, window=window)
    session, other = walked(whole, frames), short.start(seed=8)
    before = session.snapshot()
    assert not other.restore(before, exact=False)
    after = other.snapshot()
    kept = min(frames, 1 + window)
    assert after.count == kept and (after.index, after.seed) == (frames, 3)
    assert other.held == min(kept + 1, short.context_frames)
    newest = range(frames - max(0, kept - 1), frames)
    for slot, frame in enumerate([0, *newest][:kept]):
        there = frame if frame == 0 else 1 + (frame - 1) % 3
        np.testing.assert_array_equal(after.arrays["keys"][:, slot], before.arrays["keys"][:, there])
        np.testing.assert_array_equal(after.arrays["values"][:, slot], before.arrays["values"][:, there])
        np.testing.assert_array_equal(after.arrays["poses"][slot], before.arrays["poses"][there])
    assert other.step(WALK[0]).shape == session.frame.shape


def test_a_longer_memory_fills_as_the_walk_goes_on(whole: World, tiny_world: Path) -> None:
    session, other = walked(open_(tiny_world, window=1)), whole.start(seed=8)
    other.restore(session.snapshot(), exact=False)
    assert (other.index, other.held) == (9, 3)
    list(other.run(WALK[:3]))
    assert other.held == whole.context_frames


def test_places_that_were_counted_anew_are_seen_at_the_same_distances(whole: World) -> None:
    session, other = walked(whole), whole.start()
    state = session.snapshot()
    places = _places(state.count, 4, 4, 1)
    moved = {name: _moved(state.arrays[name], axis, places, 4) for name, axis in (("keys", 1), ("values", 1))}
    moved["poses"] = _moved(state.arrays["poses"], 0, places, 4)
    assert places == [0, 1 + (6 - 1) % 3, 1 + (7 - 1) % 3, 1 + (8 - 1) % 3]
    other.restore(replace(state, count=len(places), arrays={**state.arrays, **moved}))
    assert apart(session, other, WALK[:4]) < 0.1


def test_another_world_and_what_is_damaged_are_refused_and_change_nothing(
    half: World, whole: World, tmp_path: Path
) -> None:
    session, state = half.start(seed=5), walked(whole).snapshot()
    before = session.save()
    stranger = load_world(str(make_tiny_world(tmp_path / "other", seed=7)), device="cpu", runtime="eager-fp32")
    arrays = dict(state.arrays)
    broken: list[dict[str, Any]] = [
        {name: value for name, value in arrays.items() if name != missing} for missing in arrays
    ]
    broken += [{**arrays, name: array[:, :-1] if array.ndim > 1 else array[:-1]} for name, array in arrays.items()]
    broken += [{**arrays, name: array[None]} for name, array in arrays.items()]
    broken += [{**arrays, name: array.astype(np.int16)} for name, array in arrays.items()]
    broken += [
        {**arrays, "keys": arrays["keys"][:, :1], "values": arrays["values"][:, :1], "poses": arrays["poses"][:1]}
    ]
    wrong = [replace(state, arrays=some) for some in broken]
    wrong += [replace(state, **{name: -1}) for name in ("seed", "steps", "index", "count")]
    wrong.append(walked(stranger).snapshot())
    for snapshot in wrong:
        with pytest.raises(StateError):
            session.restore(snapshot, exact=False)
    with pytest.raises(StateError, match="another world"):
        session.load(walked(stranger).save(), exact=False)
    assert session.save() == before


def test_a_state_that_cannot_be_refitted_stays_as_it_is(half: World, whole: World) -> None:
    state = replace(walked(whole).snapshot(), world="0" * 64)
    assert refit(state, half.start()._form) is state


def test_the_kin_of_a_world_are_its_memories(tiny_world: Path, whole: World) -> None:
    short = open_(tiny_world, window=1)
    assert short.kin == whole.kin and {short.hash, whole.hash} < whole.kin and len(whole.kin) == 3


def test_what_a_state_says_of_itself_is_what_it_said(whole: World) -> None:
    """States that were kept before are read, whose digest knew nothing of the counters."""
    state = walked(whole).save()
    about = said(state)
    assert about.keys() == {"format", "digest", "world", "dtype", "seed", "steps", "index", "count"}
    assert about["format"] == 4 and Snapshot.from_bytes(state).fits(whole.start()._form)
    before = about | {"format": 3}
    before["digest"] = hashlib.sha256(
        b"".join(name.encode() + array.tobytes() for name, array in sorted(load_arrays(state).items()))
    ).hexdigest()
    kept = save_arrays(load_arrays(state), {"state": json.dumps(before)})
    assert Snapshot.from_bytes(kept).index == about["index"] > 0


@pytest.mark.parametrize("name", ["seed", "steps", "index", "count", "world"])
def test_a_number_that_was_damaged_is_noticed(whole: World, name: str) -> None:
    """With another count slots and rotations would be wrong, and the frames other ones."""
    state = walked(whole).save()
    about = said(state)
    changed = about | {name: about[name] + (1 if name != "world" else "0")}
    with pytest.raises(StateError, match="damaged"):
        Snapshot.from_bytes(save_arrays(load_arrays(state), {"state": json.dumps(changed)}))


def said(state: bytes) -> dict[str, Any]:
    """What a saved state says of itself."""
    header = json.loads(state[8 : 8 + int.from_bytes(state[:8], "little")])
    about: dict[str, Any] = json.loads(header["__metadata__"]["state"])
    return about
