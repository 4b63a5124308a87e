"""Frame k of both walks gets the same action, however their threads run."""

import itertools
import random
import threading
import time
from collections.abc import Callable

import pytest

from app.duel.fan_out import FanOut
from app.hands import Sample
from model.actions import Action

PATIENCE = 30.0


def counting() -> Callable[[], Sample]:
    numbers = itertools.count()
    return lambda: Sample(Action(yaw=float(next(numbers) % 100)), since=1.0)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def join(*threads: threading.Thread) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), "somebody waits for ever"


@pytest.mark.parametrize("seed", range(4))
def test_both_get_the_same_samples_in_the_same_order_whoever_is_faster(seed: int) -> None:
    fan_out = FanOut(counting())
    got: tuple[list[Sample], list[Sample]] = ([], [])

    def walk(side: int) -> None:
        dawdle = random.Random(f"{seed} {side}")
        for _ in range(300):
            got[side].append(fan_out.sample(side))
            assert abs(len(got[0]) - len(got[1])) <= 2  # one may have it while the other is about to note it
            if dawdle.random() < 0.1:
                time.sleep(dawdle.random() * 0.002)

    join(*(in_thread(lambda side=side: walk(side)) for side in (0, 1)))
    assert got[0] == got[1] and len(got[0]) == 300
    assert [sample.action.yaw for sample in got[0]] == [float(k % 100) for k in range(300)]


@pytest.mark.parametrize("seed", range(6))
def test_after_a_new_start_the_first_frames_of_both_get_the_same(seed: int) -> None:
    """Each side is told to begin anew at a moment of its own, as between two frames of a generator."""
    fan_out = FanOut(counting())
    walks: tuple[list[list[Sample]], list[list[Sample]]] = ([[]], [[]])
    told = [0, 0]
    over = threading.Event()

    def walk(side: int) -> None:
        dawdle = random.Random(f"{seed} {side}")
        while not over.is_set():
            while len(walks[side]) <= told[side]:
                walks[side].append([])
                fan_out.begin_anew(side)
            walks[side][-1].append(fan_out.sample(side))
            time.sleep(dawdle.random() * 0.001)

    threads = [in_thread(lambda side=side: walk(side)) for side in (0, 1)]
    teller = random.Random(seed)
    for start in range(1, 25):
        for side in teller.sample((0, 1), 2):
            time.sleep(teller.random() * 0.01)
            told[side] = start
        time.sleep(teller.random() * 0.02)
    time.sleep(0.05)
    over.set()
    fan_out.close()
    join(*threads)
    assert len(walks[0]) == len(walks[1]) == 25
    compared = 0
    for one, two in zip(*walks, strict=True):
        together = [pair for pair in zip(one, two, strict=False) if all(sample.focus for sample in pair)]
        assert all(a == b for a, b in together)
        # nobody's hands come only at the end of a walk, once the other has left it
        for walk_ in (one, two):
            assert [sample.focus for sample in walk_] == sorted((sample.focus for sample in walk_), reverse=True)
        compared += len(together)
    assert compared > 100
    given = [sample for walk_ in walks[0] for sample in walk_ if sample.focus]
    assert [s.action.yaw for s in given] == [float(k % 100) for k in range(len(given))], "no sample was lost"


def test_one_waits_for_the_other_and_closing_ends_the_wait() -> None:
    fan_out = FanOut(counting())
    got: list[Sample] = []
    thread = in_thread(lambda: got.append(fan_out.sample(0)))
    time.sleep(0.05)
    assert not got
    fan_out.close()
    join(thread)
    assert got[0].action == Action() and not got[0].focus
    assert not fan_out.sample(1).focus
