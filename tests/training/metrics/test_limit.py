import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from model.runtime import has_fast_bfloat16
from tests.tiny_world import SINK, WINDOW, tiny_transformer
from training.metrics import limit, products
from training.metrics.limit import count_frame, measure_limit
from training.metrics.products import ProductCounter

CPU = torch.device("cpu")


def test_a_limit_is_the_sum_of_what_each_product_takes_times_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "bare_seconds", lambda product, device, eight_bits: product.flops / 1e6)
    monkeypatch.setattr(limit, "product_rate", lambda device, dtype: 1e9 if dtype == torch.bfloat16 else 5e8)
    with torch.inference_mode(), ProductCounter() as counter:
        for _ in range(3):
            F.linear(torch.zeros(5, 10), torch.zeros(20, 10))
        F.linear(torch.zeros(1, 10).bfloat16(), torch.zeros(20, 10).bfloat16())
        F.conv2d(torch.zeros(1, 2, 4, 4), torch.zeros(3, 2, 3, 3), padding=1)
    found = measure_limit(counter.products, CPU)
    assert found.kind_ms == pytest.approx({"linear": 6.0 + 0.4, "convolution": 1.728})
    assert found.limit_ms == pytest.approx(8.128)
    assert found.peak_ms == pytest.approx(1000 * ((6000 + 1728) / 5e8 + 400 / 1e9))
    assert found.gflops == pytest.approx({"linear": 6.4e-6, "convolution": 1.728e-6})
    assert found.rate_gflops == {"bfloat16": 1.0, "float32": 0.5}
    slowest = found.products[0]
    assert (slowest.kind, slowest.dtype, slowest.count) == ("linear", "float32", 3)
    assert slowest.inputs == [[5, 10], [20, 10]]
    assert json.loads(json.dumps(asdict(found)))["limit_ms"] == pytest.approx(8.128)


def test_the_machine_does_each_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    monkeypatch.setattr(products, "_LARGE", {"cpu": 64})
    with torch.inference_mode(), ProductCounter() as counter:
        F.linear(torch.zeros(5, 10), torch.zeros(20, 10))
    found = measure_limit(counter.products, CPU)
    assert 0 < found.limit_ms < 1000 and 0 < found.peak_ms < 1000


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_frame_is_counted_in_its_precision_with_a_full_context(tiny_world: Path, dtype: torch.dtype) -> None:
    if dtype == torch.bfloat16 and not has_fast_bfloat16(CPU):
        pytest.skip("eager computes in single precision here")
    counter = count_frame(tiny_world, dtype, device="cpu", steps=2)
    assert {product.dtype for product in counter.products} == {dtype}
    config = tiny_transformer().config
    attended = [product.call.inputs for product in counter.products if product.kind == "attention"]
    assert max(inputs[1].shape[2] for inputs in attended) == (SINK + WINDOW + 1) * config.tokens
    evaluated = sum(count for product, count in counter.products.items() if product.kind == "attention")
    assert evaluated == config.depth * 3  # the newest frame, and the next in two steps
