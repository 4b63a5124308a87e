"""Whose hands count: of a walk that is led to where it begins, and after whatever was no play."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from app.generation import Generator
from app.handover import Frame
from app.hands import Hands, Sample
from app.walker import Walker
from model.actions import Action

from .fakes import FakeWorld
from .generating import PATIENCE, running, until


def led(walker: Walker, say: Callable[[str], None]) -> Iterator[Frame]:
    """Twenty frames forth."""
    for number in range(20):
        yield Frame(walker.repeat(Action(forward=True), 2), walker.session.index, old=True, note=f"{number}")
    say("there")


def test_a_walk_is_led_to_where_it_begins_before_the_hands_count() -> None:
    world, woken, said = FakeWorld(), [], []
    with running(world, limit=3, lead=led, wake=lambda: woken.append(1), say=said.append) as generator:
        until(lambda: not generator.running)
        newest = generator.take()
    assert newest is not None and newest.index == 23 and newest.note == "" and said == ["there"]
    assert [action.forward for action in world.sessions[0].actions] == [True] * 20 + [False] * 3
    assert generator.dropped <= 3 and generator.stats.summary()["frames"] == 3, "the way there counts for nothing"
    assert len(woken) >= 24


def test_a_walk_that_is_led_can_be_left() -> None:
    def endless(walker: Walker, say: Callable[[str], None]) -> Iterator[Frame]:
        while True:
            yield from led(walker, say)

    with running(FakeWorld(), lead=endless) as generator:
        until(lambda: generator.waiting)


@contextmanager
def led_along(world: FakeWorld, **settings: Any) -> Iterator[tuple[Generator, threading.Semaphore]]:
    """A generator whose lead makes a frame for each release of the semaphore, a hundred in all."""
    gate = threading.Semaphore(0)

    def gated(walker: Walker, say: Callable[[str], None]) -> Iterator[Frame]:
        for number in range(100):
            gate.acquire(timeout=PATIENCE)
            yield Frame(walker.repeat(Action(forward=True), 2), walker.session.index, old=True, note=f"{number}")
        walker.arrive()
        say("there")

    with running(world, lead=gated, **settings) as generator:
        try:
            yield generator, gate
        finally:
            gate.release(200)


@pytest.mark.parametrize("elsewhere", ["scene", "load", "back"])
def test_whoever_goes_elsewhere_is_led_no_further(elsewhere: str) -> None:
    world, said = FakeWorld(), []
    states: list[bytes] = []

    def go(walker: Walker) -> None:
        states.append(walker.save())
        if elsewhere == "back":
            walker.go_to(1)
        elif elsewhere == "load":
            walker.load(states[0])
        else:
            walker.begin("two")

    with led_along(world, say=said.append) as (generator, gate):
        generator.ask(go)
        gate.release(3)
        until(lambda: any(not action.forward for session in world.sessions for action in session.actions))
        assert said == [] and sum(action.forward for action in world.sessions[0].actions) == 1


def test_what_is_asked_on_the_way_is_done_there_and_the_way_goes_on() -> None:
    world, said, served_at = FakeWorld(), [], []

    def finer(walker: Walker) -> None:
        walker.change_quality(1)
        served_at.append(walker.session.index)

    with led_along(world, say=said.append, limit=2) as (generator, gate):
        generator.ask(finer)
        gate.release(2)
        until(lambda: served_at)
        assert generator.running and served_at == [1]
        gate.release(100)
        until(lambda: not generator.running)
        newest = generator.take()
    assert said == ["there"] and [action.forward for action in world.sessions[0].actions] == [True] * 100 + [False] * 2
    assert newest is not None and newest.walk is not None and newest.walk.steps == 4, (
        "what was chosen counts from there"
    )


def test_the_way_can_be_paused_and_gone_frame_by_frame() -> None:
    world = FakeWorld()
    with led_along(world) as (generator, gate):
        generator.pause(True)
        gate.release(50)
        until(lambda: world.sessions and world.sessions[0].index == 1 and generator.waiting)
        time.sleep(0.05)
        frame = generator.take()
        assert world.sessions[0].index == 1 and frame is not None and frame.note == "", "it can be said that one pauses"
        generator.step_once()
        until(lambda: world.sessions[0].index == 2)
        time.sleep(0.05)
        assert world.sessions[0].index == 2
        generator.pause(False)
        until(lambda: world.sessions[0].index == 50)


def swing(hands: Hands) -> None:
    """Swing the mouse by 450 degrees and tap a key."""
    hands.move(3000, 0, time.perf_counter() - 60)
    hands.hold("jump", True, 0.0)
    hands.hold("jump", False, 0.0)


@pytest.mark.parametrize("rest", ["pause", "rewind", "lead"])
def test_what_the_hands_do_while_nobody_plays_is_not_played_afterwards(rest: str) -> None:
    world, hands, frames = FakeWorld(), Hands(), []
    hands.hold("sneak", True, 0.0)

    def sample() -> Sample:
        frames.append(hands.sample())
        return frames[-1]

    def lead(walker: Walker, say: Callable[[str], None]) -> Iterator[Frame]:
        yield from led(walker, say)
        swing(hands)

    with running(world, sample=sample, forget=hands.forget, lead=lead if rest == "lead" else None) as generator:
        until(lambda: len(frames) > 20)
        if rest == "pause":
            generator.pause(True)
            time.sleep(0.1)
            swing(hands)
            generator.pause(False)
        elif rest == "rewind":
            generator.rewind(True)
            until(lambda: (frame := generator.take()) is not None and frame.old)
            swing(hands)
            generator.rewind(False)
        seen = len(frames)
        until(lambda: len(frames) > seen + 20)
    assert {frame.action for frame in frames} == {Action(sneak=True)}, "only what is held counts"
    assert all(frame.since is None for frame in frames[1:])


def test_a_walk_that_is_loaded_begins_with_resting_hands() -> None:
    hands, actions = Hands(), []

    def sample() -> Sample:
        actions.append(hands.sample().action)
        return Sample(actions[-1])

    def load(walker: Walker) -> None:
        walker.load(walker.save())
        swing(hands)

    with running(FakeWorld(), sample=sample, forget=hands.forget) as generator:
        until(lambda: len(actions) > 3)
        generator.ask(load)
        seen = len(actions)
        until(lambda: len(actions) > seen + 10)
    assert {*actions} == {Action()}


def test_a_single_frame_answers_what_the_hands_did_for_it() -> None:
    world, hands, actions = FakeWorld(), Hands(), []

    def sample() -> Sample:
        actions.append(hands.sample().action)
        return Sample(actions[-1])

    with running(world, sample=sample, forget=hands.forget) as generator:
        until(lambda: actions)
        generator.pause(True)
        time.sleep(0.1)
        hands.move(20, 0, 1.0)
        made = len(actions)
        generator.step_once()
        until(lambda: len(actions) == made + 1)
    assert actions[-1] == Action(yaw=3.0)
