import pytest

from app.refresh import Refresh


def test_pictures_that_come_a_little_late_do_not_put_off_the_next() -> None:
    refresh, now, shown = Refresh(50), 10.0, []
    for _ in range(500):
        now += refresh.remaining(now) + 0.004  # each wake-up is late
        assert refresh.due(now)
        refresh.begin(now)
        shown.append(now)
    assert shown[-1] == pytest.approx(10.0 + 499 / 50, abs=0.01)


def test_none_comes_before_its_turn() -> None:
    refresh = Refresh(50)
    refresh.begin(1.0)
    assert not refresh.due(1.015)
    assert refresh.due(1.02)


def test_after_a_rest_no_burst_follows() -> None:
    refresh = Refresh(50)
    refresh.begin(1.0)
    refresh.begin(5.0)
    assert refresh.remaining(5.0) == pytest.approx(0.02)


def test_another_rate_holds_from_the_next_picture_on() -> None:
    refresh = Refresh(50)
    refresh.begin(1.0)
    refresh.rate = 10
    refresh.begin(1.02)
    assert refresh.remaining(1.02) == pytest.approx(0.1)
