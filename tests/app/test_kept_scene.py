from pathlib import Path

import pytest

from app.kept_scene import scene_of, with_scene
from model.actions import Action
from model.world import load_world


@pytest.mark.parametrize("scene", ["two", '/home/ä ö/holiday "1".png', "x" * 4000])
def test_a_state_keeps_its_scene_and_its_session_goes_on_to_the_byte(tiny_world: Path, scene: str) -> None:
    world = load_world(str(tiny_world), device="cpu", runtime="eager-fp32")
    session, again = world.start(seed=3), world.start()
    session.step(Action(forward=True))
    state = session.save()
    kept = with_scene(state, scene)
    assert scene_of(kept) == scene and scene_of(state) is None and int.from_bytes(kept[:8], "little") % 8 == 0
    again.load(kept)
    assert again.save() == state
    assert with_scene(with_scene(state, "one"), scene) == kept
