from pathlib import Path

import pytest

from model.world import load_world
from training.metrics import products
from training.metrics.speed import SpeedConfig, measure_speed


def test_speed_of_a_world(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    result = measure_speed(load_world(str(tiny_world)), SpeedConfig(frames=4, steps=2)).document()
    assert {"fps", "frame_ms", "stage_ms", "limit_ms", "ratio_to_limit"} <= set(result)
    assert list(result["frame_ms"]) == ["p50", "p95", "p99"]
    assert {"encode", "write", "evaluate 1", "evaluate 2", "decode"} <= set(result["stage_ms"])
    assert 0 < result["limit_ms"] < result["frame_ms"]["p50"]
    assert result["ratio_to_limit"] == pytest.approx(result["frame_ms"]["p50"] / result["limit_ms"])
    assert {"linear", "convolution"} <= set(result["gflops"])
