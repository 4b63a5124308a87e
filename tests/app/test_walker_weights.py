"""A walk that goes on in other weights."""

from pathlib import Path

import numpy as np
import pytest

from model.actions import Action
from model.world import World, load_world

from ..tiny_world import make_tiny_world
from .walking import WALK, play, walker_of


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


def test_newer_weights_go_on_from_the_newest_frames(world: World, tmp_path: Path) -> None:
    other = load_world(str(make_tiny_world(tmp_path / "other", seed=7)), device="cpu", runtime="eager-fp32")
    walker = walker_of(world)
    play(walker, WALK[:12])
    play(walker, [Action(pitch=5.0)] * 11 + [Action(pitch=-2.0)])
    newest, pitch = walker.session.frame.copy(), walker.session.pitch
    walker.change_world(other)
    np.testing.assert_array_equal(walker.session.frame, newest)
    assert walker.world is other and walker.session.pitch == pytest.approx(pitch) and pitch > 50
    play(walker, WALK[:3])


def test_a_world_that_is_drawn_in_other_numbers_of_steps_takes_its_own(world: World, tmp_path: Path) -> None:
    folder = make_tiny_world(tmp_path / "euler")
    stated = (folder / "world.toml").read_text()
    changed = stated.replace('kind = "consistency"', 'kind = "euler"').replace("default_steps = 2", "default_steps = 5")
    (folder / "world.toml").write_text(changed)
    euler = load_world(str(folder), device="cpu", runtime="eager-fp32")
    assert euler.allowed_steps == (1, 2, 4, 5)
    walker = walker_of(world)
    walker.change_world(euler)
    assert walker.session.steps == 5 and walker.quality is not None and walker.quality.steps == 5
    play(walker, WALK[:2])
    walker.change_quality(-1)
    assert walker.session.steps == 4
    walker.change_world(world)
    assert walker.session.steps == 2
