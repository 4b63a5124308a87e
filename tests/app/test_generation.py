"""The thread that makes frames: its pace, its errors, pauses and ways back."""

import threading
import time

import pytest

from app.generation import GenerationError, Generator, GeneratorOptions
from app.hands import Sample
from app.past import Past
from app.walker import NEAR
from model.actions import Action
from model.errors import WorldError

from .fakes import FakeClock, FakeWorld
from .generating import PATIENCE, running, until


def test_only_the_generator_thread_touches_the_session() -> None:
    world = FakeWorld()
    with running(world, limit=5) as generator:
        until(lambda: not generator.running)
    assert len(world.sessions[0].threads) == 1
    assert threading.get_ident() not in world.sessions[0].threads


def test_the_limit_ends_the_thread_and_figures_stay() -> None:
    with running(FakeWorld(), limit=7, uncapped=True) as generator:
        until(lambda: not generator.running)
        newest = generator.take()
    assert newest is not None and newest.index == 7
    summary = generator.stats.summary()
    assert summary["frames"] == 7
    assert summary["stage_ms"] == {"evaluate 1": 1.0, "decode": 2.0}
    assert generator.first_frame_ms is not None and generator.startup_ms is not None
    assert generator.first_frame_ms >= generator.startup_ms > 0


def test_frames_come_at_the_rate_of_the_world() -> None:
    with running(FakeWorld(), fps=50.0, limit=26) as generator:
        until(lambda: generator.startup_ms is not None)
        started = time.monotonic()
        until(lambda: not generator.running)
        seconds = time.monotonic() - started
    assert seconds >= 0.48, "25 periods of 20 ms lie between the first and the last frame"


def test_the_hands_are_sampled_once_for_each_frame_just_before_it() -> None:
    world = FakeWorld()
    samples = iter(range(100))

    def sample() -> Sample:
        return Sample(Action(yaw=float(next(samples))), since=1.0)

    with running(world, sample=sample, limit=4) as generator:
        until(lambda: not generator.running)
        newest = generator.take()
    assert [action.yaw for action in world.sessions[0].actions] == [0, 1, 2, 3]
    assert newest is not None and newest.action == Action(yaw=3.0)


def test_pause_stops_frames_and_resume_goes_on() -> None:
    world = FakeWorld()
    with running(world) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 2)
        generator.pause(True)
        time.sleep(0.05)
        paused_at = world.sessions[0].index
        time.sleep(0.1)
        assert world.sessions[0].index == paused_at
        missed = generator.late
        generator.pause(False)
        until(lambda: world.sessions[0].index > paused_at + 2)
        assert generator.late - missed < 20, "a pause is not lateness"


@pytest.mark.parametrize("through", ["menu", "new start"])
def test_the_rate_in_the_report_leaves_out_what_is_no_play(through: str) -> None:
    clock = FakeClock()
    generator: Generator

    def pass_a_tenth(index: int) -> None:
        clock.advance(0.1)
        if index == 3 and len(world.sessions) == 1:
            generator.pause(True)

    world = FakeWorld(pass_a_tenth)
    options = GeneratorOptions(fps=16.0, limit=8, uncapped=True)
    generator = Generator(lambda: world, lambda: Sample(Action()), options, clock=clock)
    generator.start()
    try:
        until(lambda: len(generator.stats.steps) == 3)
        time.sleep(0.1)  # the thread is about to see that it is paused
        clock.advance(60.0)
        if through == "new start":
            generator.restart()
        generator.pause(False)
        until(lambda: not generator.running)
    finally:
        generator.stop()
    summary = generator.stats.summary()
    assert (summary["frames"], summary["fps"]) == (8, 10.0)
    assert len(world.sessions) == (2 if through == "new start" else 1)


def test_restart_shows_the_scene_even_while_paused() -> None:
    world = FakeWorld()
    with running(world, scene="one", seed=3, steps=2) as generator:
        until(lambda: world.sessions and world.sessions[0].index)
        generator.pause(True)
        generator.restart("two")

        def shows_the_other() -> bool:
            frame = generator.take()  # maybe one that was made before
            return frame is not None and frame.walk is not None and (frame.index, frame.walk.scene) == (0, "two")

        until(shows_the_other)
        generator.restart()
        until(lambda: len(world.sessions) == 3)
    assert world.starts == [("one", 3, 2), ("two", 3, 2), ("two", 3, 2)]
    assert world.sessions[2].index == 0


def test_an_error_in_a_step_becomes_one_sentence_in_the_main_thread() -> None:
    def fail(index: int) -> None:
        if index == 3:
            raise ValueError("the weights\nfell over")

    woken = threading.Event()
    with running(FakeWorld(fail), wake=woken.set) as generator:
        until(lambda: not generator.running)
    assert woken.is_set()
    with pytest.raises(GenerationError, match=r"ValueError \(the weights fell over\)"):
        generator.check()


def test_an_error_of_the_user_passes_as_it_is() -> None:
    def open_world() -> FakeWorld:
        raise WorldError("weights are damaged; install the world again")

    generator = Generator(open_world, lambda: Sample(Action()), GeneratorOptions(fps=16.0))
    generator.start()
    until(lambda: not generator.running)
    with pytest.raises(WorldError, match="install the world again"):
        generator.check()
    generator.stop()


def test_stop_joins_while_the_thread_waits_for_its_next_slot() -> None:
    world = FakeWorld()
    with running(world, fps=0.01) as generator:
        until(lambda: world.sessions and world.sessions[0].index == 1)
        started = time.monotonic()
        generator.stop()
        assert time.monotonic() - started < 5.0
    generator.check()


def test_one_frame_at_a_time_while_paused() -> None:
    world = FakeWorld()
    with running(world) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 2)
        generator.pause(True)
        time.sleep(0.05)
        paused_at = world.sessions[0].index
        for k in range(1, 4):
            generator.step_once()
            until(lambda k=k: world.sessions[0].index == paused_at + k)
            time.sleep(0.05)
            assert world.sessions[0].index == paused_at + k


def test_rewinding_shows_the_past_backwards_and_goes_on_from_there() -> None:
    world = FakeWorld()
    with running(world, fps=100.0) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 40)
        generator.rewind(True)
        shown: list[int] = []
        pasts: list[Past | None] = []

        def look() -> bool:
            frame = generator.take()
            if frame is not None and frame.old:
                shown.append(frame.index)
                pasts.append(frame.past)
            return len(shown) > 6

        until(look)
        generator.rewind(False)
        until(lambda: (frame := generator.take()) is not None and not frame.old and frame.past is None)
        reached = world.sessions[0].index
    assert shown == sorted(shown, reverse=True) and len({*shown}) == len(shown)
    assert reached <= shown[-1] + 20
    past = pasts[0]
    assert past is not None and all(other is past for other in pasts), "it stays what it was when one began"
    assert past.oldest == 1 and past.newest > 40 and past.newest >= shown[0]


@pytest.mark.parametrize("otherwise", [False, True])
def test_going_on_from_what_was_computed_otherwise_is_said(otherwise: bool) -> None:
    world, said = FakeWorld(), []
    with running(world, fps=100.0, say=said.append) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 10)
        if otherwise:
            generator.ask(lambda walker: walker.change_runtime(FakeWorld()))
        generator.rewind(True)
        until(lambda: (frame := generator.take()) is not None and frame.old and frame.index < 8)
        generator.rewind(False)
        until(lambda: (frame := generator.take()) is not None and not frame.old)
        assert [sentence.endswith(NEAR) for sentence in said] == [True] * otherwise


def test_rewinding_to_the_start_stays_there() -> None:
    world = FakeWorld()
    with running(world, fps=200.0) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 6)
        generator.rewind(True)
        until(lambda: (frame := generator.take()) is not None and frame.old and frame.index == 1)
        time.sleep(0.1)
        generator.rewind(False)
        until(lambda: (frame := generator.take()) is not None and not frame.old)


def test_rewinding_where_there_is_no_past_waits_for_the_key() -> None:
    world = FakeWorld()
    with running(world, fps=200.0) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 6)
        generator.rewind(True)
        until(lambda: (frame := generator.take()) is not None and frame.old)
        generator.restart()
        until(lambda: len(world.sessions) == 2)
        time.sleep(0.1)
        assert generator.running and world.sessions[1].index == 0
        generator.rewind(False)
        until(lambda: world.sessions[1].index > 2)


def test_requests_are_served_in_order_while_paused_and_their_errors_are_said() -> None:
    world, said = FakeWorld(), []
    with running(world, say=said.append) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 2)
        generator.pause(True)
        order: list[int] = []

        def refuse(walker: object) -> None:
            order.append(2)
            raise WorldError("no such scene; use another")

        generator.ask(lambda walker: order.append(1))
        generator.ask(refuse)
        generator.ask(lambda walker: order.append(3))
        until(lambda: len(order) == 3)
        assert order == [1, 2, 3]
        until(lambda: said)
        generator.pause(False)
        at = world.sessions[0].index
        until(lambda: world.sessions[0].index > at + 2)
    assert said == ["no such scene; use another"]


def test_what_was_asked_for_is_done_although_one_leaves() -> None:
    begun, asked, done = threading.Event(), threading.Event(), []

    def slowly(index: int) -> None:
        begun.set()
        asked.wait(PATIENCE)

    with running(FakeWorld(slowly)) as generator:
        begun.wait(PATIENCE)
        generator.ask(lambda walker: done.append(walker.session.index))
        generator._turns.stop()
        asked.set()
        until(lambda: not generator.running)
    assert done == [1], "after the frame it was at"


def test_the_past_passes_at_its_rate_however_fast_frames_are_made() -> None:
    world = FakeWorld()
    with running(world, fps=20.0, uncapped=True) as generator:
        until(lambda: world.sessions and world.sessions[0].index > 200)
        generator.rewind(True)
        until(lambda: (frame := generator.take()) is not None and frame.old)
        began, shown = time.monotonic(), set[int]()
        while time.monotonic() < began + 0.3:
            if (frame := generator.take()) is not None:
                shown.add(frame.index)
            time.sleep(0.001)
        generator.rewind(False)
    assert 1 <= len(shown) <= 8, "six turns of a twentieth of a second"


def test_frames_tell_of_their_walk() -> None:
    with running(FakeWorld(), limit=12, uncapped=True, seed=4, scene="one") as generator:
        until(lambda: not generator.running)
        frame = generator.take()
    assert frame is not None and frame.walk is not None
    facts = frame.walk
    assert (facts.scene, facts.seed, facts.steps, facts.reach, facts.context) == ("one", 4, 2, 12, 1.0)
    assert not facts.faded and facts.past_bytes > 0 and not facts.auto
