"""A world that remembers pictures makes each frame from what was shown of those before."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from model import walk as walking
from model.actions import IDLE, parse_actions
from model.onnx.files import list_files
from model.onnx.world import load_onnx_world
from model.sessions import Sessions
from model.snapshot import Snapshot
from model.world import World, load_world
from model.world_spec import world_hash

from ..tiny_world import make_looking_world

WALK = parse_actions("w*2, right*3, w+left*3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_looking_world(tmp_path_factory.mktemp("looking") / "tiny")


@pytest.fixture(scope="module")
def world(folder: Path) -> World:
    return load_world(str(folder), device="cpu", runtime="eager-fp32")


def test_what_is_remembered_is_what_was_shown(world: World, tiny_world: Path) -> None:
    session, blind = (each.start(seed=3) for each in (world, load_world(str(tiny_world), runtime="eager-fp32")))
    first = session.step(WALK[0])
    assert np.array_equal(first, blind.step(WALK[0])), "it is drawn alike"
    remembered = torch.from_numpy(session.snapshot().arrays["newest_latent"].copy())[0]
    torch.testing.assert_close(remembered, world.encode(first[None]))
    assert set(session.timings) == {"evaluate 1", "evaluate 2", "decode", "encode"}
    assert not np.array_equal(session.step(WALK[1]), blind.step(WALK[1])), "what comes next is not"


def test_a_saved_walk_goes_on_to_the_byte(world: World) -> None:
    session = world.start("two", seed=4)
    ran = list(session.run((*WALK, IDLE, IDLE)))
    state = session.save()
    straight = [session.step(action) for action in WALK]
    session.restore(Snapshot.from_bytes(state))
    assert all(np.array_equal(session.step(action), frame) for action, frame in zip(WALK, straight, strict=True))
    again = world.start("two", seed=4)
    assert all(np.array_equal(again.step(action), frame) for action, frame in zip(WALK, ran[: len(WALK)], strict=True))


@pytest.mark.parametrize("nothing_new", [0.0, 1e9])
def test_who_stands_still_is_remembered_by_what_was_shown(
    world: World, nothing_new: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "NOTHING_NEW", nothing_new)
    session = world.start("two", seed=4)
    list(session.run(WALK))
    before = session.snapshot()
    frame = session.step(IDLE)
    state, ahead = session.save(), [session.step(action) for action in WALK]
    session.load(state)
    assert all(np.array_equal(session.step(action), made) for action, made in zip(WALK, ahead, strict=True))
    kept = torch.from_numpy(Snapshot.from_bytes(state).arrays["newest_latent"].copy())[0]
    if nothing_new:
        assert np.array_equal(kept[None].numpy(), before.arrays["newest_latent"]), "the frame was forgotten"
    else:
        torch.testing.assert_close(kept, world.encode(frame[None]))


def test_walks_in_step_are_the_same_as_alone(world: World) -> None:
    pictures = np.stack([world.beginning(scene, None)[0] for scene in ("one", "two")])
    several = Sessions(world, pictures, [[IDLE], [IDLE]], seeds=(1, 2))
    alone = [world.start(scene, seed=seed) for scene, seed in (("one", 1), ("two", 2))]
    for action in WALK:
        together = several.step([action] * 2)
        assert np.abs(together.astype(int) - np.stack([session.step(action) for session in alone])).max() <= 2


def test_onnx_runtime_looks(world: World, folder: Path, exported: Path, tmp_path: Path) -> None:
    """As compiled code does (`runtimes/test_packages.py`); its graphs are those of the world that does not."""
    looking = Path(shutil.copytree(exported, tmp_path / "looking"))
    shutil.copy(folder / "world.toml", looking)
    list_files(looking / "onnx", world_hash(looking))
    session, reference = load_onnx_world(str(looking)).start("two", seed=5), world.start("two", seed=5)
    for action in (*WALK, IDLE, *WALK):
        assert np.abs(session.step(action).astype(int) - reference.step(action)).max() <= 2
