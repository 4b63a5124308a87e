import pytest

from app.stats import Rate, ScreenStats, Series, StepStats


def test_percentiles_of_known_durations() -> None:
    series = Series()
    for milliseconds in range(1, 102):
        series.add(float(milliseconds))
    assert series.percentiles(50, 95, 99) == {"p50": 51.0, "p95": 96.0, "p99": 100.0}
    assert Series().percentiles(50) == {"p50": 0.0}


def test_steps_are_summed_up() -> None:
    stats = StepStats()
    for ended in (0.0, 0.05, 0.1, 0.15):
        stats.add(25.0, {"evaluate 1": 10.0, "decode": 5.0}, ended)
    assert stats.summary() == {
        "frames": 4,
        "fps": 20.0,
        "step_fps": 40.0,
        "frame_ms": {"p50": 25.0, "p95": 25.0, "p99": 25.0},
        "stage_ms": {"evaluate 1": 10.0, "decode": 5.0},
    }
    assert StepStats().summary()["fps"] == 0.0


def test_a_pause_is_no_slowness_of_the_generator() -> None:
    stats = StepStats()
    for ended in (0.0, 0.1):
        stats.add(25.0, {}, ended)
    stats.rate.pause()
    for ended in (60.0, 60.1):
        stats.add(25.0, {}, ended)
    assert stats.summary()["fps"] == 10.0


def test_a_rate_looks_at_the_newest_and_forgets_at_a_pause() -> None:
    rate = Rate(newest=11)
    for tick in range(100):
        rate.tick(tick if tick < 80 else 80 + 0.1 * (tick - 80))
    assert rate.per_second() == pytest.approx(10.0)
    rate.pause()
    assert rate.per_second() == 0.0


def test_a_pause_is_no_slowness_of_the_screen() -> None:
    screen = ScreenStats()
    for now in (0.0, 0.1, 0.2):
        screen.note_shown(now)
    screen.pause()
    for now in (60.0, 60.1, 60.2):
        screen.note_shown(now)
    assert screen.mean_rate() == pytest.approx(10.0)
