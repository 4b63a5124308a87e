from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from model.world import load_world
from training.metrics import products
from training.metrics.products import ProductCounter, limit_seconds
from training.metrics.speed import SpeedConfig, measure_speed


def test_products_are_counted_with_multiply_and_add() -> None:
    counter = ProductCounter()
    with torch.inference_mode(), counter:
        F.linear(torch.randn(5, 7, 16), torch.randn(32, 16), torch.randn(32))
        torch.randn(3, 4, 8) @ torch.randn(3, 8, 6)
        F.conv2d(torch.randn(2, 4, 8, 8), torch.randn(6, 4, 3, 3), padding=1)
        F.scaled_dot_product_attention(torch.randn(1, 2, 5, 8), torch.randn(1, 2, 9, 8), torch.randn(1, 2, 9, 8))
    found = counter.by_kind()
    assert sum(found.values()) == sum(counter.flops().values())
    assert found["convolution"] == 2 * (2 * 6 * 64) * 4 * 9
    attention = 2 * 2 * (2 * 5 * 9 * 8)
    assert sum(found.values()) - found["convolution"] == 2 * 35 * 16 * 32 + 2 * 3 * 4 * 8 * 6 + attention


def test_precisions_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(products, "_LARGE", 64)
    counter = ProductCounter()
    with counter:
        torch.randn(4, 4) @ torch.randn(4, 4)
        torch.randn(4, 4).bfloat16() @ torch.randn(4, 4).bfloat16()
    assert counter.flops() == {torch.float32: 128, torch.bfloat16: 128}
    seconds, rates = limit_seconds(counter.flops().items(), torch.device("cpu"))
    assert seconds == pytest.approx(128 / rates["float32"] + 128 / rates["bfloat16"])


def test_speed_of_a_world(tiny_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    result = measure_speed(load_world(str(tiny_world)), SpeedConfig(frames=4, steps=2)).document()
    assert {"fps", "frame_ms", "stage_ms", "limit_ms", "ratio_to_limit"} <= set(result)
    assert list(result["frame_ms"]) == ["p50", "p95", "p99"]
    assert {"encode", "write", "evaluate 1", "evaluate 2", "decode"} <= set(result["stage_ms"])
    assert 0 < result["limit_ms"] < result["frame_ms"]["p50"]
    assert result["ratio_to_limit"] == pytest.approx(result["frame_ms"]["p50"] / result["limit_ms"])
    assert {"linear", "convolution"} <= set(result["gflops"])
