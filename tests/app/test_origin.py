from pathlib import Path

import pytest

from app.origin import Origin, origin_of, with_origin
from model.actions import Action
from model.world import load_world


@pytest.mark.parametrize("scene", ["two", '/home/ä ö/holiday "1".png', "x" * 4000])
def test_a_state_keeps_its_origin_and_its_session_goes_on_to_the_byte(tiny_world: Path, scene: str) -> None:
    world = load_world(str(tiny_world), device="cpu", runtime="eager-fp32")
    session, again = world.start(seed=3), world.start()
    session.step(Action(forward=True))
    state, origin = session.save(), Origin(scene, "eager float32")
    kept = with_origin(state, origin)
    assert origin_of(kept) == origin and origin_of(state) == Origin() and int.from_bytes(kept[:8], "little") % 8 == 0
    again.load(kept)
    assert again.save() == state
    assert with_origin(with_origin(state, Origin("one", "onnx int8")), origin) == kept


def test_a_state_that_was_kept_with_its_scene_alone_is_read(tiny_world: Path) -> None:
    state = load_world(str(tiny_world), device="cpu", runtime="eager-fp32").start().save()
    assert origin_of(with_origin(state, Origin(scene="two"))) == Origin("two", None)


def test_a_scene_whose_path_is_no_text_does_not_spoil_the_state(tiny_world: Path) -> None:
    world = load_world(str(tiny_world), device="cpu", runtime="eager-fp32")
    state = world.start(seed=3).save()
    kept = with_origin(state, Origin("/home/caf\udce9.png", "eager float32"))
    world.start().load(kept)
    assert origin_of(kept) == Origin(None, "eager float32")
