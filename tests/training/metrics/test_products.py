"""Products are counted as they are computed: forward, backward and compiled."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.metrics import products
from training.metrics.products import ProductCounter, product_rate


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


def test_precisions_are_counted_apart() -> None:
    counter = ProductCounter()
    with counter:
        torch.randn(4, 4) @ torch.randn(4, 4)
        torch.randn(4, 4).bfloat16() @ torch.randn(4, 4).bfloat16()
    assert counter.flops() == {torch.float32: 128, torch.bfloat16: 128}


def test_a_product_is_kept_with_what_it_takes_to_do_it_again() -> None:
    with torch.inference_mode(), ProductCounter() as counter:
        for _ in range(3):
            F.linear(torch.randn(5, 16), torch.randn(32, 16))
    (product,) = counter.products
    assert counter.products[product] == 3
    assert product.call.name == "linear"
    assert [layout.shape for layout in product.call.inputs] == [(5, 16), (32, 16)]


@pytest.mark.parametrize("wanted", [1, 2])
def test_the_gradient_of_a_convolution_is_one_product_per_tensor_that_wants_it(wanted: int) -> None:
    weight = torch.randn(6, 4, 3, 3, requires_grad=True)
    x = torch.randn(2, 4, 8, 8, requires_grad=wanted == 2)
    with ProductCounter() as counter:
        F.conv2d(x, weight, padding=1).sum().backward()  # type: ignore[no-untyped-call]
    assert counter.by_kind() == {"convolution": (1 + wanted) * 2 * (2 * 6 * 64) * 4 * 9}


def test_the_gradient_of_attention_is_five_products_for_two() -> None:
    q, k, v = (torch.randn(1, 2, n, 8, requires_grad=True) for n in (5, 9, 9))
    with ProductCounter() as counter:
        F.scaled_dot_product_attention(q, k, v).sum().backward()  # type: ignore[no-untyped-call]
    assert counter.by_kind() == {"attention": (2 + 5) * 2 * (2 * 5 * 9 * 8)}


@pytest.mark.parametrize(("name", "products_of_two"), [("_flash_attn_forward", 2), ("_flash_attn_backward", 5)])
def test_attention_of_the_flash_library_is_known_by_name(name: str, products_of_two: int) -> None:
    q, k, v = (torch.zeros(1, n, 2, 8) for n in (5, 9, 9))
    given = (q, k, v) if name.endswith("forward") else (q, q, k, v)
    found = products._count(name, given, q)
    assert found is not None and found[2] == products_of_two * 2 * (2 * 5 * 9 * 8)


def test_a_compiled_graph_is_counted_and_stays_compiled() -> None:
    graphs: list[Any] = []

    def backend(graph: Any, example: Any) -> Callable[..., Any]:
        graphs.append(graph)
        return graph.forward  # type: ignore[no-any-return]

    plain = nn.Sequential(nn.Linear(16, 32), nn.Linear(32, 8))
    compiled = torch.compile(plain, backend=backend)
    x = torch.randn(5, 16, requires_grad=True)

    def counted(model: Callable[[Tensor], Tensor]) -> dict[str, int]:
        with ProductCounter() as counter:
            model(x).sum().backward()  # type: ignore[no-untyped-call]
        return counter.by_kind()

    expected = {"linear": 3 * 2 * 5 * (16 * 32 + 32 * 8)}
    assert counted(compiled) == expected  # compiled while it is counted
    assert counted(compiled) == counted(plain) == expected
    assert len(graphs) == 1


def test_the_machine_is_measured_without_a_draw_from_the_common_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_MEASURE_SECONDS", 0.0)
    state = torch.get_rng_state()
    assert product_rate(torch.device("cpu"), torch.float32) > 0
    assert torch.equal(torch.get_rng_state(), state)
