"""A session over ONNX Runtime makes the frames that one in torch makes, and either goes on from the other's state."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from model.actions import Action
from model.errors import StateError
from model.onnx.files import list_files
from model.onnx.session import OnnxSession
from model.onnx.world import OnnxWorld, load_onnx_world
from model.session import Session
from model.world import World, load_world
from model.world_spec import world_hash

PATH = [Action(forward=True, yaw=9.0), Action(left=True, pitch=-25.0), Action(), Action(jump=True, yaw=-140.0)] * 8
"""Over thirty frames: eight times the window."""


def pair(folder: Path) -> tuple[World, OnnxWorld]:
    return load_world(str(folder), device="cpu", runtime="eager-fp32"), load_onnx_world(str(folder), threads=1)


@pytest.fixture(scope="module")
def worlds(exported: Path) -> tuple[World, OnnxWorld]:
    return pair(exported)


def assert_alike(session: OnnxSession, plain: Session, actions: Iterable[Action]) -> None:
    for k, action in enumerate(actions):
        difference = np.abs(session.step(action).astype(int) - plain.step(action))
        assert difference.max() <= 1 and (difference > 0).mean() < 0.02, f"frame {k}"


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_frames_are_those_of_torch(worlds: tuple[World, OnnxWorld], steps: int) -> None:
    plain, session = (world.start("two", seed=5, steps=steps) for world in worlds)
    assert isinstance(session, OnnxSession) and isinstance(plain, Session)
    assert np.array_equal(session.frame, plain.frame) and session.pitch == plain.pitch
    assert_alike(session, plain, PATH)
    assert plain.frame.std() > 10
    assert list(session.timings) == list(plain.timings)
    assert session.pitch == plain.pitch and session.index == plain.index == len(PATH)


@pytest.mark.parametrize(
    "change",
    [
        ('kind = "consistency"', 'kind = "euler"'),
        ("first = []", "first = [1000.0, 900.0, 500.0]"),
        ('kind = "rays"', 'kind = "grid"'),
    ],
)
def test_every_kind_of_world(exported: Path, tmp_path: Path, change: tuple[str, str]) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "other"))
    text = (folder / "world.toml").read_text()
    assert change[0] in text
    (folder / "world.toml").write_text(text.replace(*change, 1))
    if "grid" not in change[1]:  # of which positions know; for the others the graphs are right
        list_files(folder / "onnx", world_hash(folder))
    plain, session = (world.start(seed=5) for world in pair(folder))
    assert isinstance(session, OnnxSession) and isinstance(plain, Session)
    assert_alike(session, plain, PATH[:12])


def test_footage_may_begin_a_session(worlds: tuple[World, OnnxWorld]) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (6, 32, 48, 3), dtype=np.uint8)
    clip = frames, [Action(yaw=20.0, pitch=5.0)] * 6
    plain, session = (world.start(clip=clip, seed=1, pitch=10.0) for world in worlds)
    assert isinstance(session, OnnxSession) and isinstance(plain, Session)
    assert_alike(session, plain, PATH[:6])


def test_states_are_exact_and_go_either_way(worlds: tuple[World, OnnxWorld]) -> None:
    torch_world, world = worlds
    for walked in (0, 2, 9):
        session = world.start("two", seed=3)
        for action in PATH[:walked]:
            session.step(action)
        state = session.save()
        straight = [session.step(action) for action in PATH[:6]]
        for _ in range(2):
            session.load(state)
            assert session.index == walked and session.seed == 3 and session.save() == state
            assert all(np.array_equal(session.step(a), frame) for a, frame in zip(PATH, straight, strict=False))
        plain = torch_world.start(seed=9)
        plain.load(state)
        assert plain.save() == state
        session.load(plain.save())
        assert_alike(session, plain, PATH[:6])


def test_a_state_that_does_not_fit_changes_nothing(worlds: tuple[World, OnnxWorld]) -> None:
    session = worlds[1].start(seed=5)
    session.step(PATH[0])
    state = session.save()
    for broken in (state[:-1], state.replace(worlds[1].hash.encode(), b"0" * 64), b""):
        with pytest.raises(StateError):
            session.load(broken)
    assert session.save() == state


def test_sessions_of_one_world_do_not_disturb_each_other(worlds: tuple[World, OnnxWorld]) -> None:
    alone = worlds[1].start(seed=5)
    frames = [alone.step(action) for action in PATH[:6]]
    one, other = worlds[1].start(seed=5), worlds[1].start("two", seed=6)
    for action, frame in zip(PATH, frames, strict=False):
        other.step(Action(yaw=50.0))
        assert np.array_equal(one.step(action), frame)
    assert np.array_equal(frames[5], alone.frame) and not np.array_equal(frames[4], frames[5])
