"""Walks taken together are the walks taken one by one."""

from pathlib import Path

import numpy as np
import pytest

from model.actions import Action, parse_actions
from model.errors import WorldError
from model.imagine import Stroll, imagine
from model.world import World, load_world

from ..tiny_world import HEIGHT, WIDTH, make_tiny_world

SCRIPTS = ("w*3, right*5, idle*2", "left*4, s*3, pitch:40*3", "jump+w*10")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder: Path = make_tiny_world(tmp_path_factory.mktemp("world") / "tiny")
    return load_world(str(folder), runtime="eager-fp32")


def _strolls() -> list[Stroll]:
    rng = np.random.default_rng(0)
    return [
        Stroll(
            rng.integers(0, 256, (2, HEIGHT, WIDTH, 3), dtype=np.uint8),
            [Action(), Action(yaw=3.0)],
            parse_actions(script),
            seed,
            pitch=5.0 * seed,
        )
        for seed, script in enumerate(SCRIPTS)
    ]


@pytest.mark.parametrize("steps", [1, 4])
def test_together_is_one_by_one(world: World, steps: int) -> None:
    together = imagine(world, _strolls(), steps)
    assert together.shape == (3, 10, HEIGHT, WIDTH, 3)
    for stroll, frames in zip(_strolls(), together, strict=True):
        clip = (stroll.frames, list(stroll.actions))
        session = world.start(clip=clip, seed=stroll.seed, steps=steps, pitch=stroll.pitch)
        alone = np.stack([session.step(action) for action in stroll.future])
        assert np.abs(alone.astype(int) - frames).max() <= 1  # products of another shape round otherwise


def test_walks_of_unequal_length_are_refused(world: World) -> None:
    one, two, _ = _strolls()
    with pytest.raises(WorldError, match="one length"):
        imagine(world, [one, Stroll(two.frames, two.actions, two.future[:3], 0)])
    with pytest.raises(WorldError, match="in 3 steps"):
        imagine(world, [one], 3)
