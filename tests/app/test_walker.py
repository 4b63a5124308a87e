import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from app.hands import Sample
from app.origin import Origin, with_origin
from app.recorder import Recorder
from app.recording import Recording
from app.regenerate import begin
from app.walker import Walker, WalkOptions
from model.actions import Action
from model.errors import StateError
from model.footage.replay import read_replay
from model.runtime import Runtime
from model.world import World, load_world
from model.world_spec import read_spec

from .walking import FPS, WALK, play, walker_of


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


def opened(folder: Path, *, half: bool = False, window: int | None = None) -> World:
    """The world computed otherwise."""
    runtime = Runtime("eager", torch.device("cpu"), torch.bfloat16 if half else torch.float32)
    return World(folder, read_spec(folder), runtime, window)


def test_going_back_and_on_gives_the_same_bytes(world: World) -> None:
    walker = walker_of(world, seed=3)
    shown = play(walker, WALK)
    walker.go_to(25)
    assert walker.session.index == 25 and walker.session.frame.tobytes() == shown[24]
    assert play(walker, WALK[25:]) == shown[25:]


def test_another_way_from_a_past_moment_is_another_walk(world: World) -> None:
    walker = walker_of(world)
    shown = play(walker, WALK)
    walker.go_to(30)
    assert play(walker, [Action(yaw=10.0)] * 5) != shown[30:35]
    assert [moment.index for moment in walker.moments()][-5:] == [31, 32, 33, 34, 35]


def test_save_and_load_go_on_to_the_byte_also_at_another_scene(world: World) -> None:
    walker = walker_of(world, seed=5)
    play(walker, WALK[:7])
    state = walker.save()
    shown = play(walker, WALK[7:20])
    walker.begin("two", seed=9)
    assert (walker.scene, walker.seed, walker.session.index) == ("two", 9, 0)
    walker.load(state)
    assert walker.seed == 5 and play(walker, WALK[7:20]) == shown
    walker.go_to(10)
    assert play(walker, WALK[10:20]) == shown[3:]


def test_a_load_brings_the_scene_back_and_the_seed(world: World) -> None:
    walker = walker_of(world, scene="two", seed=5)
    first = play(walker, WALK[:7])
    state, bare = walker.save(), walker.session.save()
    walker.begin("one", seed=9)
    walker.load(state)
    assert (walker.facts().scene, walker.facts().seed) == ("two", 5)
    walker.begin()
    assert play(walker, WALK[:7]) == first, "a reset begins where the walk that was loaded began"
    walker.begin("one", seed=9)
    walker.load(bare)
    assert (walker.scene, walker.seed) == ("one", 5), "kept before scenes were kept"
    walker = walker_of(world)
    walker.load(walker.save())
    assert walker.scene == "one", "the first scene is kept by its name"


def test_a_walk_is_loaded_though_its_own_picture_is_gone(world: World, tiny_world: Path, tmp_path: Path) -> None:
    own = shutil.copy(next((tiny_world / "scenes").glob("*.png")), tmp_path / "own.png")
    walker = walker_of(world, scene=str(own))
    play(walker, WALK[:3])
    state, shown = walker.save(), play(walker, WALK[3:6])
    own.unlink()
    walker.load(state)
    assert play(walker, WALK[3:6]) == shown and walker.scene == str(own)


def test_a_state_that_does_not_fit_changes_nothing(world: World) -> None:
    walker = walker_of(world)
    play(walker, WALK[:4])
    with pytest.raises(StateError):
        walker.load(b"junk")
    assert walker.session.index == 4


def test_begin_again_is_the_same_walk(world: World) -> None:
    walker = walker_of(world, scene="two", seed=1)
    shown = play(walker, WALK[:5])
    walker.begin()
    assert play(walker, WALK[:5]) == shown and walker.scene == "two"


def test_steps_change_in_the_midst_and_are_part_of_the_past(world: World) -> None:
    walker = walker_of(world)
    play(walker, WALK[:10])
    walker.change_quality(1)
    assert walker.facts().steps == 4 and not walker.facts().auto
    shown = play(walker, WALK[10:20])
    walker.go_to(15)
    assert walker.session.steps == 4 and play(walker, WALK[15:20]) == shown[5:]
    walker.go_to(5)
    assert walker.session.steps == 2


@pytest.mark.parametrize("back", ["rewound", "loaded"])
def test_what_was_drawn_in_other_steps_goes_on_in_them(world: World, back: str) -> None:
    walker = walker_of(world)
    walker.change_quality(1)
    play(walker, WALK[:5])
    state = walker.save()
    shown = play(walker, WALK[5:10])
    assert walker.quality is not None
    walker.settle_quality(None)
    walker.session.steps = walker.quality.steps = 2  # as a machine that got busy has it
    play(walker, WALK[10:15])
    if back == "rewound":
        walker.go_to(5)
    else:
        walker.load(state)
    assert play(walker, WALK[5:10]) == shown and walker.session.steps == 4
    assert walker.facts().auto, "who chooses stays"


def test_the_last_half_minute_stays_whatever_begins_anew(world: World) -> None:
    walker = walker_of(world, rewind_seconds=0.5)
    shown = play(walker, WALK)
    state = walker.save()
    walker.go_to(38)
    shown += play(walker, WALK[:3])
    walker.begin("two")
    shown += play(walker, WALK[:4])
    walker.load(state)
    shown += play(walker, WALK[:2])
    assert [moment.pixels.tobytes() for moment in walker.recent] == shown
    newest = [walker.step(Sample(Action(yaw=2.0)))[0] for _ in range(480)]
    assert len(walker.recent) == 480, "thirty seconds"
    assert all(moment.pixels is pixels for moment, pixels in zip(walker.recent, newest, strict=True)), "no copies"


def test_another_runtime_goes_on_at_the_frame_to_the_byte_where_it_can(world: World, tiny_world: Path) -> None:
    walker = walker_of(world, seed=3)
    play(walker, WALK[:12])
    unbroken = walker_of(world, seed=3)
    shown = play(unbroken, WALK[:20])
    walker.change_runtime(load_world(str(tiny_world), device="cpu", runtime="eager-fp32"))
    assert walker.session.index == 12 and walker.facts().reach == 12
    assert play(walker, WALK[12:20]) == shown[12:]
    assert walker.go_to(14) and play(walker, WALK[14:20]) == shown[14:]


OTHERWISE = pytest.mark.parametrize(("half", "window"), [(True, None), (False, 1), (True, 2)])


@OTHERWISE
def test_what_was_before_another_runtime_or_memory_can_be_gone_back_to(
    world: World, tiny_world: Path, half: bool, window: int | None
) -> None:
    walker = walker_of(world, scene="two", seed=3)
    before = play(walker, WALK[:16])
    walker.change_runtime(opened(tiny_world, half=half, window=window))
    assert (walker.session.index, walker.seed, walker.scene) == (16, 3, "two")
    shown = play(walker, WALK[16:24])
    assert [moment.index for moment in walker.moments()] == list(range(1, 25))
    assert walker.go_to(18) and play(walker, WALK[18:24]) == shown[2:], "what is computed as now is exact"
    assert not walker.go_to(9) and walker.session.index == 9
    np.testing.assert_array_equal(walker.session.frame, np.frombuffer(before[8], np.uint8).reshape(32, 48, 3))
    again = play(walker, WALK[9:20])
    assert walker.go_to(12) and play(walker, WALK[12:20]) == again[3:], "from there on it is exact"
    walker.change_runtime(world)
    play(walker, WALK[20:22])
    assert not walker.go_to(0) and walker.session.index == 0
    play(walker, WALK[:2])


@OTHERWISE
def test_a_save_brings_one_back_whatever_computes_the_world_by_then(
    world: World, tiny_world: Path, half: bool, window: int | None
) -> None:
    walker = walker_of(world, scene="two", seed=3)
    play(walker, WALK[:9])
    state, shown, pitch = walker.save(), walker.session.frame.copy(), walker.session.pitch
    walker.change_runtime(opened(tiny_world, half=half, window=window))
    walker.begin("one", seed=8)
    play(walker, WALK[:4])
    assert not walker.load(state)
    assert (walker.session.index, walker.seed, walker.scene, walker.session.pitch) == (9, 3, "two", pitch)
    np.testing.assert_array_equal(walker.session.frame, shown)
    near = walker.save()
    on = play(walker, WALK[9:20])
    assert walker.load(near) and play(walker, WALK[9:20]) == on
    walker.change_runtime(world)
    assert walker.load(state)


def test_another_runtime_of_the_same_precision_does_not_claim_the_same_bytes(world: World) -> None:
    walker = walker_of(world)
    play(walker, WALK[:3])
    state = walker.session.save()
    assert walker.load(with_origin(state, Origin("one", world.runtime))) and walker.load(state)
    assert not walker.load(with_origin(state, Origin("one", "compiled float32"))) and walker.session.index == 3


@pytest.mark.parametrize("goes_back", [True, False])
def test_a_walk_that_is_at_its_scene_computed_otherwise_is_recorded_with_its_state(
    world: World, tiny_world: Path, tmp_path: Path, goes_back: bool
) -> None:
    recorder = Recorder(tmp_path, budget=10**9)
    recording = Recording(recorder, read_spec(tiny_world))
    walker = Walker(world, WalkOptions(seed=3), fps=FPS, recording=recording)
    if goes_back:
        play(walker, WALK[:5])
    walker.change_runtime(opened(tiny_world, half=True))
    if goes_back:
        walker.go_to(0)
    recording.toggle()
    shown = play(walker, WALK[:4])
    walker.end()
    recorder.close()
    replay = read_replay(recorder.written[0])
    assert replay.header.start.kind == "state"
    session = begin(walker.world, replay, walker.session.steps)
    assert [session.step(action).tobytes() for action in WALK[:4]] == shown


def fade(walker: Walker, until: int) -> None:
    """Let it look dull from the newest frame on."""
    dull = np.full_like(walker.session.frame, 128)
    for index in range(walker.session.index + 1, until):
        walker.fading.note(index, dull)


def test_an_anchor_is_the_newest_frame_that_was_not_dull(world: World) -> None:
    walker = walker_of(world)
    play(walker, WALK)
    good = walker.fading.last_good
    assert good is not None
    fade(walker, 200)
    assert walker.fading.faded and walker.fading.last_good == good
    assert walker.anchor() is True and walker.session.index == good


def test_an_anchor_goes_back_before_another_runtime_and_never_throws_a_walk_away(
    world: World, tiny_world: Path
) -> None:
    walker = walker_of(world)
    play(walker, WALK[:22])
    good = walker.fading.last_good
    assert good is not None
    walker.change_runtime(opened(tiny_world, half=True))
    fade(walker, 200)
    assert walker.anchor() is False and walker.session.index == good > 0, "near to it"
    walker.fading._good.clear()
    assert walker.anchor() is None and walker.session.index == good
