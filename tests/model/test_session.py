"""A session is exact: the same state and actions give the same bytes."""

import math
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from model.actions import Action
from model.errors import StateError
from model.world import World, load_world

WALK = [Action(forward=True, yaw=3.0), Action(left=True, pitch=-40.0), Action(), Action(jump=True, pitch=-80.0)] * 4


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


def test_same_seed_same_bytes_other_seed_others(world: World) -> None:
    walks = []
    for seed in (1, 1, 2):
        session = world.start("one", seed=seed)
        walks.append(b"".join(session.step(action).tobytes() for action in WALK))
    assert walks[0] == walks[1] != walks[2]


def test_actions_matter(world: World) -> None:
    still, turned = world.start(seed=1), world.start(seed=1)
    assert (still.step(Action()) != turned.step(Action(yaw=10.0))).any()


@pytest.mark.parametrize("saved_at", [0, 2, 9])
def test_load_continues_to_the_byte(world: World, saved_at: int) -> None:
    session = world.start("two", seed=3)
    for action in WALK[:saved_at]:
        session.step(action)
    state = session.save()
    straight = [session.step(action).copy() for action in WALK]
    other = world.start("one", seed=9, steps=1)
    other.step(Action(forward=True))
    other.load(state)
    assert other.index == saved_at and other.seed == 3 and other.steps == 2
    again = [other.step(action) for action in WALK]
    assert all(np.array_equal(a, b) for a, b in zip(straight, again, strict=True))
    session.load(state)
    assert np.array_equal(session.step(WALK[0]), straight[0])


def test_a_snapshot_is_the_state_of_its_moment_however_often_one_goes_back(world: World) -> None:
    session = world.start("one", seed=3)
    session.step(WALK[0])
    snapshot = session.snapshot()
    straight = [session.step(action).copy() for action in WALK]
    for _ in range(2):
        session.restore(snapshot)
        assert session.index == 1 and session.snapshot().to_bytes() == snapshot.to_bytes()
        assert all(np.array_equal(session.step(action), frame) for action, frame in zip(WALK, straight, strict=True))
    assert snapshot.nbytes < len(snapshot.to_bytes())


def test_saving_disturbs_nothing(world: World) -> None:
    plain, saved = world.start(seed=4), world.start(seed=4)
    for action in WALK:
        saved.save()
        assert np.array_equal(plain.step(action), saved.step(action))


def test_bad_states_change_nothing(world: World) -> None:
    session = world.start(seed=5)
    session.step(Action())
    state = session.save()
    expected = session.step(Action(forward=True)).copy()
    session.load(state)
    whole = session.snapshot()
    noise = whole.arrays["noise"].copy()
    noise[:] = -1
    forged = (
        replace(whole, arrays={**whole.arrays, "noise": noise}),
        replace(whole, count=2**60),
        replace(whole, index=cast(int, math.inf)),
    )
    flipped = bytearray(state)
    flipped[len(state) // 2] ^= 1
    for broken in (
        bytes(flipped),
        b"",
        b"garbage" * 10,
        state[:-1],
        state[: len(state) // 2],
        state.replace(world.hash.encode(), b"0" * 64),
        *(snapshot.to_bytes() for snapshot in forged),
    ):
        with pytest.raises(StateError):
            session.load(broken)
    assert np.array_equal(session.step(Action(forward=True)), expected)


def test_start_from_footage_shows_its_last_frame_and_uses_all(world: World) -> None:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 256, (6, 32, 48, 3), dtype=np.uint8)
    session = world.start(clip=(frames, [Action()] * 6), seed=1)
    assert np.array_equal(session.frame, frames[-1]) and session.index == 0
    changed = frames.copy()
    changed[0] = 255 - changed[0]
    other = world.start(clip=(changed, [Action()] * 6), seed=1)
    assert (session.step(Action()) != other.step(Action())).any()


def test_the_neck_bends_only_so_far(world: World) -> None:
    session, same = world.start(seed=1), world.start(seed=1)
    for degrees in (90.0, 90.0):
        session.step(Action(pitch=degrees))
    same.step(Action(pitch=90.0))
    same.step(Action(pitch=0.0))
    assert np.array_equal(session.frame, same.frame)


def test_timings_name_each_stage(world: World) -> None:
    session = world.start(seed=1, steps=4)
    session.step(Action())
    assert list(session.timings) == [*(f"evaluate {i}" for i in (1, 2, 3, 4)), "decode"]
    assert all(ms > 0 for ms in session.timings.values())


def test_memory_per_session_is_fixed(world: World) -> None:
    session = world.start(seed=1)
    sizes = set()
    for _ in range(30):
        session.step(Action(forward=True))
        sizes.add(len(session.save()) // 64)
    assert len(sizes) == 1


def test_keys_that_the_world_never_learned_mean_nothing(world: World) -> None:
    still, clicking = world.start(seed=1), world.start(seed=1)
    for _ in range(3):
        assert np.array_equal(still.step(Action()), clicking.step(Action(attack=True, use=True)))


def test_footage_may_start_with_the_camera_tilted(world: World) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 32, 48, 3), dtype=np.uint8)
    level, tilted = (world.start(clip=(frames, [Action()] * 3), pitch=pitch) for pitch in (0.0, 30.0))
    bent = world.start(clip=(frames, [Action(pitch=30.0), Action(), Action()]))
    assert (level.step(Action()) != tilted.step(Action())).any()
    assert bent._camera.pose.tolist() == tilted._camera.pose.tolist() == [30.0, 0.0]


def test_it_tells_how_many_frames_it_remembers_wherever_they_came_from(world: World) -> None:
    session = world.start("one", seed=3)
    assert session.held == 1
    start = session.snapshot()
    for made in range(1, world.context_frames + 3):
        session.step(Action())
        assert session.held == min(made + 1, world.context_frames)
    session.restore(start)
    assert session.held == 1
    frames = np.stack([session.frame] * 4)
    given = world.start(clip=(frames, [Action()] * 4))
    assert given.index == 0 and given.held == 4
