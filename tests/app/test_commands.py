"""What commands do to a walk in its own thread, with nobody watching."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.commands import carry_out
from app.generation import Request
from app.hands import Sample
from app.keepsakes import Keeper
from app.slots import Slots
from app.walker import NEAR, Walker, WalkOptions
from model.actions import Action
from model.world import World, load_world
from model.world_spec import read_spec


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


class Desk:
    """A player whose requests wait until `serve`."""

    def __init__(self, world: World, folder: Path) -> None:
        self.walker = Walker(world, WalkOptions(seed=3), fps=16.0)
        self.requests: list[Request] = []
        self.generator = SimpleNamespace(ask=self.requests.append)
        self.scenes = ("one", "two", "three")
        self.slots = Slots(folder, world.hash)
        self.said: list[str] = []
        self.keeper = Keeper(folder, read_spec(world.folder), self.said.append)
        self.facts = self.walker.facts()  # of the frame that is shown
        self.place = SimpleNamespace(world="tiny")

    def say(self, sentence: str) -> None:
        self.said.append(sentence)

    def serve(self) -> None:
        while self.requests:
            self.requests.pop(0)(self.walker)

    def do(self, *commands: str) -> None:
        desk: Any = self
        for command in commands:
            carry_out(command, desk)
        self.serve()


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(world, tmp_path)


def test_the_next_scene_but_one_is_two_presses_away_whether_a_frame_was_shown_or_not(desk: Desk) -> None:
    desk.scenes = ("one", "two")
    desk.do("next scene")
    assert desk.walker.scene == "two"
    desk.do("next scene", "next scene", "next scene")
    assert desk.walker.scene == "one" and desk.said == ["two", "one", "two", "one"]
    desk.do("previous scene", "previous scene")
    assert desk.walker.scene == "one"


def test_a_quick_load_right_after_a_quick_save_loads_that(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    written, synced_in = threading.Event(), []

    def slow(_: int) -> None:
        synced_in.append(threading.current_thread())
        written.wait(0.3)

    monkeypatch.setattr("os.fsync", slow)
    desk.walker.begin("two", seed=8)
    desk.walker.step(Sample(Action(forward=True)))
    desk.do("save")
    assert not desk.slots.look("quick").loadable, "the disk is not waited for"
    desk.walker.begin("one", seed=1)
    desk.do("load")
    assert (desk.walker.scene, desk.walker.seed, desk.walker.session.index) == ("two", 8, 1)
    assert desk.said == ["saved: quick save, frame 1", "loaded: quick save, frame 1"]
    assert synced_in != [threading.current_thread()]


def test_a_quick_load_in_another_memory_is_at_the_place_and_says_that_it_is_near(desk: Desk, tiny_world: Path) -> None:
    desk.walker.begin("two", seed=8)
    desk.walker.step(Sample(Action(forward=True)))
    desk.do("save")
    short = load_world(str(tiny_world), device="cpu", runtime="eager-fp32", window=1)
    desk.requests += [lambda walker: walker.change_runtime(short), lambda walker: walker.begin("one", seed=1)]
    desk.slots.follow(short)
    desk.do("load")
    assert (desk.walker.scene, desk.walker.seed, desk.walker.session.index) == ("two", 8, 1)
    assert desk.walker.world is short and desk.said[-1].startswith("loaded: quick save, frame 1; computed otherwise")


def test_an_anchor_says_where_it_went_or_that_there_is_nothing_clear(desk: Desk) -> None:
    for _ in range(6):
        desk.walker.step(Sample(Action(forward=True)))
    desk.do("anchor")
    desk.walker.fading._good.clear()
    desk.do("anchor")
    assert desk.walker.session.index == 4
    assert desk.said[0] == "back to frame 4, which was still clear"
    assert desk.said[1].startswith("no clear frame is left")


def test_an_anchor_in_another_memory_says_that_it_is_near(desk: Desk, tiny_world: Path) -> None:
    for _ in range(6):
        desk.walker.step(Sample(Action(forward=True)))
    short = load_world(str(tiny_world), device="cpu", runtime="eager-fp32", window=1)
    desk.requests.append(lambda walker: walker.change_runtime(short))
    desk.do("anchor")
    assert desk.said == [f"back to frame 4, which was still clear; {NEAR}"]


def test_a_save_that_fails_is_said_and_leaves_nothing(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    desk.do("save")
    desk.keeper.wait()
    assert len(desk.said) == 1 and "No space left on device" in desk.said[0] and not list(tmp_path.iterdir())


def test_a_clip_holds_what_was_seen_before_a_reset(desk: Desk, tmp_path: Path) -> None:
    for _ in range(5):
        desk.walker.step(Sample(Action()))
    desk.walker.begin()
    desk.do("clip")
    desk.keeper.wait()
    assert len(list(tmp_path.glob("*.mp4"))) == 1 and desk.said[0] == "saving the last seconds ..."
