import pickle

import numpy as np
import pytest

from app.stats import Rate, ScreenStats, Series, StepStats


def test_percentiles_of_known_durations() -> None:
    series = Series()
    for milliseconds in range(1, 102):
        series.add(float(milliseconds))
    assert series.percentiles(50, 95, 99) == {"p50": 51.0, "p95": 96.0, "p99": 100.0}
    assert Series().percentiles(50) == {"p50": 0.0}


@pytest.mark.parametrize("count", [5_000, 400_000])
@pytest.mark.parametrize("kind", ["gamma", "two speeds", "constant"])
def test_hours_of_durations_keep_their_percentiles_and_little_memory(count: int, kind: str) -> None:
    rng = np.random.default_rng(1)
    values = {
        "gamma": rng.gamma(3.0, 12.0, count),
        "two speeds": np.where(rng.random(count) < 0.97, 20.0, 300.0) + rng.random(count),
        "constant": np.full(count, 62.5),
    }[kind]
    series = Series()
    for milliseconds in values:
        series.add(float(milliseconds))
    exact = {f"p{rank}": float(np.percentile(values, rank)) for rank in (50, 95, 99)}
    assert series.percentiles(50, 95, 99) == pytest.approx(exact, rel=0.01)
    assert len(series) == count and series.largest == values.max()
    assert series.total() == pytest.approx(values.sum(), rel=1e-9)
    assert len(pickle.dumps(series)) < 64_000


def test_no_duration_is_too_odd_to_be_counted() -> None:
    series = Series()
    for _ in range(5_000):
        series.add(0.0)
        series.add(1e12)
    assert series.percentiles(0)["p0"] <= 0.0011 and series.percentiles(100)["p100"] >= 9.9e6


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


def test_the_way_back_has_a_rate_and_no_gaps() -> None:
    stats = ScreenStats()
    for k in range(9):
        stats.note_past(k / 30)
    assert stats.rate.per_second() == pytest.approx(30)
    assert len(stats.gaps) == 0 and stats.mean_rate() == 0
