"""Two real generators under one pair of hands."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.duel.duel import Duel
from app.duel.options import DuelOptions, Side
from app.duel.pairs import Pair
from app.duel.rounds import Start
from app.generation import GenerationError
from app.hands import Sample
from model.actions import Action
from model.errors import WorldError
from model.world import World, load_world
from model.world_spec import read_scenes, read_spec

from ...tiny_world import make_tiny_world
from ..fakes import FakeWorld

PATIENCE = 60.0


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


def options_of(one: Path, two: Path, *, fps: float | None = None, **changed: object) -> DuelOptions:
    sides = [
        Side(world=folder, spec=read_spec(folder), steps=None, device="cpu", runtime="eager-fp32")
        for folder in (one, two)
    ]
    starts = tuple(Start(scene.name, scene.picture) for scene in read_scenes(one))
    known: dict[str, object] = {
        "sides": tuple(sides), "starts": starts, "draw": 1, "blind": True, "votes": Path("votes.jsonl"),
        "frames": None, "uncapped": fps is None,
    }  # fmt: skip
    return DuelOptions(**known | changed)  # type: ignore[arg-type]


@contextmanager
def running(duel: Duel) -> Iterator[Duel]:
    duel.start()
    try:
        yield duel
    finally:
        duel.stop()
        assert not any(generator.running for generator in duel.generators), "a thread did not join"


def counting() -> Callable[[], Sample]:
    numbers = itertools.count()
    return lambda: Sample(Action(yaw=float(next(numbers) % 14)))


@pytest.mark.parametrize("slow", [(0.0, 0.004), (0.004, 0.0), (0.001, 0.001)])
def test_frame_k_of_both_got_the_same_action_over_many_rounds(tiny_world: Path, slow: tuple[float, float]) -> None:
    """One world is slower; rounds begin at any moment, also while one side waits for the other."""
    worlds = [FakeWorld(lambda index, seconds=seconds: time.sleep(seconds)) for seconds in slow]
    opened = iter(worlds)
    lock = threading.Lock()

    def open_world(side: Side) -> FakeWorld:
        with lock:
            return next(opened)

    duel = Duel(options_of(tiny_world, tiny_world), counting(), open_world, lambda: None, print)
    with running(duel):
        for _ in range(12):
            seed = duel.round.seed
            until(lambda: all(len(g.stats.steps) for g in duel.generators))
            pairs: list[Pair] = []
            until(lambda pairs=pairs, seed=seed: _collect(duel, pairs, seed) and pairs[-1].index > 5)
            assert [pair.index for pair in pairs] == sorted({pair.index for pair in pairs})
            for pair in pairs:
                assert pair.frames[0].action == pair.frames[1].action
            duel.begin(duel.next_round())
    rounds = list(zip(*(world.sessions for world in worlds), strict=False))
    assert len(rounds) >= 12 and len({one.seed for one, _ in rounds}) == len(rounds)
    for one, two in rounds[:-1]:  # the last was ended in its first moments, one side after the other
        assert one.seed == two.seed
        both = min(len(one.actions), len(two.actions))
        assert abs(len(one.actions) - len(two.actions)) <= 1, "the other made at most the frame that it had begun"
        assert one.actions[:both] == two.actions[:both]


def _collect(duel: Duel, pairs: list[Pair], seed: int) -> bool:
    pair = duel.take()
    if pair is not None and pair.seed == seed:
        pairs.append(pair)
    return bool(pairs)


def test_the_same_world_on_both_sides_shows_the_same_frames(tiny_world: Path) -> None:
    def open_world(side: Side) -> World:
        return load_world(str(side.world), device=side.device, runtime=side.runtime)

    options = options_of(tiny_world, tiny_world, frames=20)
    duel, seen = Duel(options, counting(), open_world, lambda: None, print), []
    with running(duel):
        until(lambda: (seen.append(duel.take()), not duel.running and not duel.waiting)[1])
    pairs = [pair for pair in seen if pair is not None]
    assert pairs and pairs[-1].index == 20
    for pair in pairs:
        np.testing.assert_array_equal(pair.frames[0].pixels, pair.frames[1].pixels)


def test_worlds_that_differ_are_shown_at_their_own_size_and_the_lower_rate(tmp_path: Path) -> None:
    one, two = make_tiny_world(tmp_path / "one", 1), make_tiny_world(tmp_path / "two", 2)
    stated = (two / "world.toml").read_text()
    (two / "world.toml").write_text(stated.replace("fps = 16.0", "fps = 20.0"))
    options = options_of(one, two, fps=16.0)
    assert options.fps == 16.0 and [side.spec.fps for side in options.sides] == [16.0, 20.0]
    duel = Duel(options, counting(), lambda side: FakeWorld(), lambda: None, print)
    assert {generator.fps for generator in duel.generators} == {16.0}


def test_the_pair_goes_at_the_pace_of_the_slower(tiny_world: Path) -> None:
    worlds = iter([FakeWorld(), FakeWorld(lambda index: time.sleep(0.02))])
    duel = Duel(options_of(tiny_world, tiny_world), counting(), lambda side: next(worlds), lambda: None, print)
    with running(duel):
        until(lambda: all(len(g.stats.steps) > 20 for g in duel.generators))
        counts = [len(generator.stats.steps) for generator in duel.generators]
        assert abs(counts[0] - counts[1]) <= 1


def test_a_pause_stops_both_and_both_go_on_together(tiny_world: Path) -> None:
    duel = Duel(options_of(tiny_world, tiny_world), counting(), lambda side: FakeWorld(), lambda: None, print)
    with running(duel):
        until(lambda: duel.waiting)
        for _ in range(5):
            duel.pause(True)
            time.sleep(0.03)
            duel.take()
            time.sleep(0.03)
            assert not duel.waiting
            duel.pause(False)
            until(lambda: duel.waiting)
    pair = duel.take()
    assert pair is not None and pair.frames[0].action == pair.frames[1].action


def test_when_one_world_fails_nobody_waits_for_ever(tiny_world: Path) -> None:
    def fail(index: int) -> None:
        if index == 4:
            raise ValueError("fell over")

    worlds, woken = iter([FakeWorld(fail), FakeWorld()]), threading.Event()
    duel = Duel(options_of(tiny_world, tiny_world), counting(), lambda side: next(worlds), woken.set, print)
    with running(duel):
        until(lambda: not duel.running)
    with pytest.raises(GenerationError, match="fell over"):
        duel.check()


def test_a_scene_that_was_lost_ends_it_with_a_sentence(tiny_world: Path, tmp_path: Path) -> None:
    scene = tmp_path / "own.png"
    scene.write_bytes(read_scenes(tiny_world)[0].picture.read_bytes())
    options = options_of(tiny_world, tiny_world, starts=(Start("own.png", scene),))
    duel = Duel(options, counting(), lambda side: load_world(str(side.world), device="cpu"), lambda: None, print)
    with running(duel):
        until(lambda: duel.waiting)
        scene.unlink()
        duel.begin(duel.next_round())
        until(lambda: not duel.running)
    with pytest.raises(WorldError, match="unknown scene"):
        duel.check()


def test_both_are_told_to_stop_before_one_is_waited_for(tiny_world: Path) -> None:
    """The frame that the first is at takes until the second one has ended."""
    at_it, ended = threading.Event(), []

    def wait_for_the_other(index: int) -> None:
        at_it.set()
        duel.generators[1]._thread.join(5.0)
        ended.append(not duel.generators[1].running)

    options = options_of(tiny_world, tiny_world)
    worlds = {id(options.sides[0]): FakeWorld(wait_for_the_other), id(options.sides[1]): FakeWorld()}
    duel = Duel(options, counting(), lambda side: worlds[id(side)], lambda: None, print)
    with running(duel):
        until(at_it.is_set)
    assert ended == [True]
