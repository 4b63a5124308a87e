from itertools import pairwise

import pytest

from app.quality import Quality


def run(quality: Quality, cost: dict[int, float], frames: int) -> list[int]:
    steps = [quality.steps]
    for _ in range(frames):
        steps.append(quality.steps_after(cost[steps[-1]]))
    return steps


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ({1: 10.0, 2: 18.0, 4: 32.0}, 4),  # a fast machine
        ({1: 20.0, 2: 35.0, 4: 65.0}, 2),
        ({1: 45.0, 2: 80.0, 4: 150.0}, 1),
        ({1: 90.0, 2: 170.0, 4: 300.0}, 1),  # too slow for anything: the least
    ],
)
def test_holds_the_worlds_rate_with_as_many_steps_as_fit(cost: dict[int, float], expected: int) -> None:
    quality = Quality((1, 2, 4), 16.0, steps=2, auto=True)
    steps = run(quality, cost, 600)
    assert steps[-1] == expected
    settled = steps[100:]
    assert sum(a != b for a, b in pairwise(settled)) <= 2  # and does not hunt


def test_one_slow_frame_changes_nothing() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=2, auto=True)
    run(quality, {2: 40.0}, 50)
    assert quality.steps_after(500.0) == 2 and run(quality, {2: 40.0}, 50)[-1] == 2


def test_a_machine_that_gets_busy_and_free_again() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=2, auto=True)
    assert run(quality, {1: 40.0, 2: 90.0, 4: 200.0}, 100)[-1] == 1
    assert run(quality, {1: 10.0, 2: 18.0, 4: 32.0}, 300)[-1] == 4


def test_a_persons_choice_stays() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=2, auto=True)
    assert quality.change(1) == 4 and quality.change(1) == 4 and not quality.auto
    assert run(quality, {1: 10.0, 2: 90.0, 4: 200.0}, 100)[-1] == 4
    assert quality.change(-1) == 2 and quality.change(-1) == 1 and quality.change(-1) == 1


def test_the_steps_of_a_frame_that_was_gone_back_to_are_followed_where_they_are_known() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=2, auto=True)
    quality.follow(4)
    assert quality.steps_after(60.0) == 4 and quality.auto
    quality.follow(3)
    assert quality.steps_after(60.0) == 4


def test_the_fewest_steps_can_be_too_many() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=2, auto=True)
    run(quality, {1: 60.0, 2: 110.0, 4: 200.0}, 200)
    assert quality.fewest and not quality.too_slow, "it just holds the rate"
    run(quality, {1: 80.0, 2: 150.0, 4: 300.0}, 200)
    assert quality.fewest and quality.too_slow


def test_steps_that_a_person_chose_can_be_too_many() -> None:
    quality, cost = Quality((1, 2, 4), 16.0, steps=2, auto=False), {1: 40.0, 2: 80.0, 4: 160.0}
    run(quality, cost, 200)
    assert quality.steps == 2 and quality.too_slow and not quality.fewest
    quality.change(-1)
    assert not quality.too_slow
    run(quality, cost, 200)
    assert not quality.too_slow and quality.fewest


def test_steps_that_will_be_fewer_by_themselves_are_not_too_many() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=4, auto=True)
    for _ in range(100):
        quality.steps_after({1: 20.0, 2: 80.0, 4: 160.0}[quality.steps])
        assert not quality.too_slow


def test_nothing_is_too_slow_for_frames_that_come_as_they_can() -> None:
    quality = Quality((1, 2, 4), 16.0, steps=1, auto=False, capped=False)
    run(quality, {1: 200.0}, 200)
    assert not quality.too_slow


@pytest.mark.parametrize("auto", [False, True])
def test_a_load_that_passes_is_not_taken_for_a_slow_machine(auto: bool) -> None:
    quality = Quality((1, 2, 4), 16.0, steps=1, auto=auto)
    for cost, frames in ((80.0, 30), (60.0, 60)):
        for _ in range(frames):
            quality.steps_after(cost)
            assert not quality.too_slow
    run(quality, {1: 80.0}, 60)
    assert quality.too_slow, "but a machine that stays slow is"
