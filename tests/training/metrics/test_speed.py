import json
from pathlib import Path

import numpy as np
import pytest
import torch

from model.errors import WorldError
from model.world import load_world
from tests.tiny_world import SINK, WINDOW
from training.metrics import products, speed
from training.metrics.speed import EARLY, LATE, Speed, SpeedConfig, Times, compare_ends, measure_runtimes, measure_speed


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)


def test_speed_of_a_world(tiny_world: Path) -> None:
    result = measure_speed(load_world(str(tiny_world)), SpeedConfig(frames=4, steps=2))
    assert (result.world, result.steps, result.frames, result.threads) == ("tiny", 2, 4, torch.get_num_threads())
    for times in (result.frame_ms, result.latency_ms):
        assert list(times) == ["mean", "p50", "p95", "p99"]
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]
    assert result.latency_ms["mean"] <= result.frame_ms["mean"] == pytest.approx(1000 / result.fps)
    assert {"encode", "evaluate 1", "evaluate 2", "decode"} <= set(result.stage_ms)
    assert result.ratio_to_limit == pytest.approx(result.frame_ms["mean"] / result.limit.limit_ms)
    assert result.ratio_to_peak == pytest.approx(result.frame_ms["mean"] / result.limit.peak_ms)
    assert result.flatness is None
    assert {"linear", "attention", "convolution"} == set(result.limit.gflops)
    assert json.loads(json.dumps(result.document()))["memory"]["vram_mb"] is None


def test_a_play_begins_with_a_full_context_and_has_a_time_for_every_frame(tiny_world: Path) -> None:
    session = load_world(str(tiny_world)).start(steps=1)
    times = speed.play(session, 5)
    assert session.index == SINK + WINDOW + 1 + 5
    assert set(times.stages) == set(session.timings)
    for taken in (times.frame, times.latency, *times.stages.values()):
        assert taken.shape == (5,) and taken.dtype == np.float32
    assert (times.frame >= times.latency).all()
    assert times.rss_mb[0] is None  # the early frames were never reached


def timed(frame: list[float]) -> Times:
    values = np.array(frame, np.float32)
    return Times(values, values, {}, (100.0, 101.0))


def test_the_last_frames_of_a_long_play_are_compared_with_the_early_ones() -> None:
    frames = [9.0] * EARLY.start + [2.0] * 100 + [7.0] * 30 + [3.0] * LATE
    found = compare_ends(timed(frames))
    assert found is not None
    assert (found.early_ms, found.late_ms, found.ratio) == (2.0, 3.0, 1.5)
    assert (found.early_rss_mb, found.late_rss_mb) == (100.0, 101.0)
    assert compare_ends(timed([1.0] * (EARLY.stop + LATE - 1))) is None


def pretend(world: str, device: str, runtime: str, config: SpeedConfig, threads: int) -> Speed:
    if runtime == "broken":
        raise WorldError("this machine has no such thing; get one")
    return (world, device, runtime, config.frames, threads)  # type: ignore[return-value] # all that is asked for


def test_every_runtime_has_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "_measure_apart", pretend)
    said: list[str] = []
    results, left_out = measure_runtimes(
        "w", ["eager", "broken"], SpeedConfig(frames=3), device="cpu", progress=said.append
    )
    assert results == {"eager": ("w", "cpu", "eager", 3, torch.get_num_threads())}
    assert left_out == {"broken": "this machine has no such thing; get one"}
    assert said == ["eager", "broken"]
