import pytest

from app.pace import Pace


def test_the_grid_does_not_drift() -> None:
    pace, now = Pace(0.1), 50.0
    pace.restart(now)
    started = []
    for _ in range(1000):
        now += max(0.0, pace.remaining(now)) + 0.0003  # each wake-up is a little late
        started.append(now)
        pace.begin(now)
    assert started[-1] == pytest.approx(50.0 + 999 * 0.1, abs=0.001)
    assert pace.missed == 0


def test_slots_missed_are_counted_and_not_made_up_for() -> None:
    pace = Pace(0.1)
    pace.restart(0.0)
    pace.begin(0.0)
    pace.begin(0.35)  # the slots of 0.1 and 0.2 went by
    assert pace.missed == 2
    assert pace.remaining(0.35) == pytest.approx(0.05), "the next slot is on the old grid"


def test_uncapped_is_always_due() -> None:
    pace = Pace(0.0)
    pace.restart(1.0)
    for now in (1.0, 1.0, 5.0):
        assert pace.remaining(now) <= 0
        pace.begin(now)
    assert pace.missed == 0
