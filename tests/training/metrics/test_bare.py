"""What is done again is what was done: same shapes, strides and result, whichever way."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from model.runtime import has_fast_bfloat16
from training.metrics.bare import Call, Layout, eight_bit_convolution, eight_bit_linear, repeated
from training.metrics.products import Product, ProductCounter

CPU = torch.device("cpu")


def only_product(counter: ProductCounter) -> Product:
    (product,) = counter.products
    return product


def results(call: Call) -> list[Tensor]:
    return [way() for way in call.ways(CPU)]


def test_a_layout_is_kept_where_it_has_gaps_and_another_order() -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.zeros(2, 3, 8, 8).to(memory_format=torch.channels_last)[:, :, ::2]
    made = Layout(tuple(x.shape), x.stride(), torch.bfloat16).random(CPU, generator)
    assert (made.shape, made.stride(), made.dtype) == (x.shape, x.stride(), torch.bfloat16)
    assert made.float().std() == pytest.approx(1, abs=0.2)
    assert not Layout((3,), (1,), torch.int64).random(CPU, generator).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_every_way_gives_the_same(dtype: torch.dtype) -> None:
    if dtype == torch.bfloat16 and not has_fast_bfloat16(CPU):
        pytest.skip("oneDNN packs no bf16 weights on this processor")
    picture = torch.randn(1, 8, 6, 10).to(dtype, memory_format=torch.channels_last)
    kernel = torch.randn(16, 8, 3, 3).to(dtype).to(memory_format=torch.channels_last)
    q, k = torch.randn(1, 5, 2, 8).to(dtype).transpose(1, 2), torch.randn(1, 9, 2, 8).to(dtype).transpose(1, 2)
    cases = {
        "linear": lambda: F.linear(torch.randn(1, 2, 5, 16).to(dtype), torch.randn(32, 16).to(dtype)),
        "conv2d": lambda: F.conv2d(picture, kernel, torch.randn(16).to(dtype), padding=1, stride=2),
        "scaled_dot_product_attention": lambda: F.scaled_dot_product_attention(q, k, k),
    }
    for name, run in cases.items():
        with torch.inference_mode(), ProductCounter() as counter:
            shape = run().shape
        call = only_product(counter).call
        assert call.name == name
        first, *others = results(call)
        assert first.shape == shape and first.isfinite().all()
        assert others, name
        for other in others:
            torch.testing.assert_close(other, first, rtol=0.02, atol=0.02 * float(first.abs().max()))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="needs oneDNN")
def test_a_processor_may_do_it_in_eight_bits_too() -> None:
    """Which rounds what it is given; of integers it is exact."""
    x, weight, bias = torch.randint(0, 9, (2, 5, 16)).float(), torch.randint(-9, 9, (32, 16)).float(), torch.randn(32)
    picture, kernel = torch.randint(0, 9, (1, 8, 6, 10)).float(), torch.randint(-9, 9, (16, 8, 3, 3)).float()
    for run in (lambda: F.linear(x, weight, bias), lambda: F.conv2d(picture, kernel, padding=1)):
        with torch.inference_mode(), ProductCounter() as counter:
            exact = run()
        call = only_product(counter).call
        plain, eight = list(call.ways(CPU)), list(call.ways(CPU, eight_bits=True))
        assert len(eight) == len(plain) + 1 and eight[-1]().shape == exact.shape
    torch.testing.assert_close(eight_bit_linear(x, weight, bias)(), F.linear(x, weight, bias))
    torch.testing.assert_close(
        eight_bit_convolution(picture, kernel, None, (1, 1), (1, 1))(), F.conv2d(picture, kernel, padding=1)
    )


def test_options_are_given_again() -> None:
    q, mask = torch.randn(1, 1, 3, 8), torch.tensor([[True, False, False]] * 3)
    with torch.inference_mode(), ProductCounter() as counter:
        F.scaled_dot_product_attention(q, q, q, attn_mask=mask, scale=0.5)
    call = only_product(counter).call
    assert call.inputs[3] == Layout((3, 3), (3, 1), torch.bool)
    assert dict(call.options) == {"scale": 0.5}
    assert all(result.shape == q.shape for result in results(call))


def test_a_cpu_does_one_at_a_time() -> None:
    done: list[int] = []
    run, times = repeated(lambda: done.append(1), CPU)
    run()
    assert len(done) == times == 1
