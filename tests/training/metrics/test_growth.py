import json
from dataclasses import replace

import pytest
import torch

from model.runtime import Runtime
from model.transformer import Transformer, TransformerConfig
from training.metrics import growth, products
from training.metrics.charts import growth_charts
from training.metrics.growth import (
    SIZES,
    TOKENS,
    GrowthConfig,
    frame_flops,
    measure_growth,
    needed_mb,
    random_transformer,
)

RUNTIME = Runtime("eager", torch.device("cpu"), torch.float32)
SMALL = TransformerConfig(width=32, depth=2, heads=2, ffn=64)
STEPS = 2


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(products, "_LARGE", {"cpu": 64})


def parameters(shape: TransformerConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in Transformer(shape).parameters())


def test_sizes_are_what_they_are_called() -> None:
    called = {"5 M": 5e6, "10 M": 10e6, "30 M": 30e6, "100 M": 100e6, "300 M": 300e6, "1.3 B": 1.3e9}
    assert list(SIZES) == list(called)
    for name, shape in SIZES.items():
        assert parameters(shape) == pytest.approx(called[name], rel=0.15), name
    for tokens, (rows, columns) in TOKENS.items():
        assert replace(SMALL, rows=rows, columns=columns).tokens == tokens


def test_weights_are_random_whole_and_as_drawn() -> None:
    one, other = (random_transformer(SMALL, RUNTIME, torch.Generator().manual_seed(0)) for _ in range(2))
    for name, parameter in one.state_dict().items():
        assert torch.equal(parameter, other.state_dict()[name])
        assert parameter.device.type == "cpu" and parameter.isfinite().all() and parameter.count_nonzero(), name
    half = random_transformer(SMALL, replace(RUNTIME, dtype=torch.bfloat16), torch.Generator())
    assert {parameter.dtype for parameter in half.parameters()} == {torch.bfloat16}


def test_growth_is_measured_and_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "SIZES", {"small": SMALL, "huge": replace(SMALL, width=65536, ffn=65536)})
    monkeypatch.setattr(growth, "TOKENS", {4: (4, 4), 8: (4, 8)})
    result = measure_growth(RUNTIME, GrowthConfig(frames=2, steps=STEPS))
    assert [(point.size, point.tokens, point.frames) for point in result.points] == [("small", 4, 2), ("small", 8, 2)]
    for point in result.points:
        assert point.parameters == parameters(SMALL)
        assert point.ratio_to_limit == pytest.approx(point.ms / point.limit_ms)
        shape = replace(SMALL, rows=4, columns=point.tokens)
        assert 1e9 * point.gflop == pytest.approx(frame_flops(shape, STEPS), rel=0.5)  # small: embeddings count
    assert list(result.left_out) == ["huge, 4 tokens", "huge, 8 tokens"]
    assert "are free" in result.left_out["huge, 4 tokens"] or "would take" in result.left_out["huge, 4 tokens"]
    assert json.loads(json.dumps(result.document()))["points"][0]["tokens"] == 4
    assert all("8 tokens" in chart for chart in growth_charts(result))


def test_a_machine_without_memory_or_time_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "SIZES", {"small": SMALL})
    monkeypatch.setattr(growth, "TOKENS", {4: (4, 4)})
    short = measure_growth(RUNTIME, GrowthConfig(seconds=0.0))
    assert short.points == [] and "a frame would take about" in short.left_out["small, 4 tokens"]
    monkeypatch.setattr(growth, "free_mb", lambda device: 0.001)
    full = measure_growth(RUNTIME, GrowthConfig())
    assert full.points == [] and "are free" in full.left_out["small, 4 tokens"]


def test_operations_and_memory_are_foretold_for_large_generators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "TOKENS", {40: TOKENS[40]})
    monkeypatch.setattr(growth, "SIZES", {"5 M": SIZES["5 M"]})
    (point,) = measure_growth(RUNTIME, GrowthConfig(frames=1, steps=STEPS)).points
    shape = replace(SIZES["5 M"], rows=8, columns=20)
    assert 1e9 * point.gflop == pytest.approx(frame_flops(shape, STEPS), rel=0.05)
    wan = replace(SIZES["1.3 B"], rows=60, columns=104)
    assert needed_mb(wan, torch.bfloat16) > parameters(wan) * 2 / 2**20
