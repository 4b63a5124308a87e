"""The matrix products and convolutions of a computation, counted as they happen.

A frame can take no less time than its products take alone: their multiply-adds at the rate that the machine
reaches on a large product of the same precision. That time is the limit that a runtime or a training step is measured
against.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

_LARGE = {"cpu": 1024, "cuda": 8192}  # rows, columns and depth of the product whose rate counts as the machine's
_MEASURE_SECONDS = 0.5


@dataclass(frozen=True)
class Product:
    """One product: `kind` linear, batched, attention or convolution; multiply and add count apart."""

    kind: str
    dtype: torch.dtype
    flops: int


class ProductCounter(TorchDispatchMode):  # type: ignore[no-untyped-call] # torch leaves it untyped
    """Counts every product computed while it is active, forward and backward, in compiled graphs too.

    It only watches: what is computed, and whether it is compiled, stays the same. Products that a compiler writes out
    as loops of its own are not seen; on a CPU these are at most products with a vector.

    Example:
        with ProductCounter() as counter:
            session.step(action)
        counter.flops
    """

    def __init__(self) -> None:
        """Nothing counted yet."""
        super().__init__()  # type: ignore[no-untyped-call] # torch leaves it untyped
        self.products: Counter[Product] = Counter()

    @classmethod
    def ignore_compile_internals(cls) -> bool:
        """Let compiled graphs run as they are; the products that they call are seen all the same."""
        return True

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        """Run one operation and count it if it is a product."""
        out = func(*args, **(kwargs or {}))
        found = _product(str(func.overloadpacket.__name__), args, out)
        if found is not None:
            self.products[found] += 1
        return out

    def flops(self) -> dict[torch.dtype, int]:
        """Floating-point operations by precision."""
        totals: dict[torch.dtype, int] = {}
        for product, count in self.products.items():
            totals[product.dtype] = totals.get(product.dtype, 0) + count * product.flops
        return totals

    def by_kind(self) -> dict[str, int]:
        """Floating-point operations by kind of product."""
        totals: dict[str, int] = {}
        for product, count in self.products.items():
            totals[product.kind] = totals.get(product.kind, 0) + count * product.flops
        return totals


def _product(name: str, args: tuple[Any, ...], out: Any) -> Product | None:
    tensors = [arg for arg in args if isinstance(arg, Tensor)]
    if name in ("mm", "linear", "matmul"):
        return _linear(tensors[0], out)
    if name == "addmm":
        return _linear(tensors[1], out)
    if name in ("bmm", "baddbmm"):
        return Product("batched", tensors[-2].dtype, 2 * out.numel() * tensors[-2].shape[-1])
    if name in ("convolution", "conv2d", "_convolution", "mkldnn_convolution"):
        weight = tensors[1]
        return Product("convolution", weight.dtype, 2 * out.numel() * prod(weight.shape[1:]))
    if name == "convolution_backward":
        gradient, _, weight = tensors
        wanted = sum(args[-1][:2])  # of the gradients to input and weight
        return Product("convolution", weight.dtype, wanted * 2 * gradient.numel() * prod(weight.shape[1:]))
    if "scaled_dot_product" in name or name in ("_flash_attn_forward", "_flash_attn_backward"):
        return _attention(tensors, backward=name.endswith("backward"), tokens=1 if name.startswith("_flash") else 2)
    return None


def _linear(left: Tensor, out: Tensor) -> Product:
    return Product("linear", left.dtype, 2 * out.numel() * left.shape[-1])


def _attention(tensors: Sequence[Tensor], *, backward: bool, tokens: int) -> Product:
    """Scores and values, or their gradients with the scores once more; `tokens` is the keys' dimension of that name."""
    query, key, value = tensors[1:4] if backward else tensors[:3]
    pairs = prod(query.shape[:-1]) * key.shape[tokens]
    of_scores, of_values = (3, 2) if backward else (1, 1)
    width = of_scores * query.shape[-1] + of_values * value.shape[-1]
    return Product("attention", query.dtype, 2 * pairs * width)


def product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations per second of a large matrix product here: the best of half a second of them."""
    side, generator = _LARGE[device.type], torch.Generator(device)  # its own: whoever asks may be in mid-run
    left, right = (torch.randn(side, side, device=device, generator=generator).to(dtype) for _ in range(2))
    return 2 * side**3 / best_seconds(lambda: left @ right, device)


def limit_seconds(flops: Iterable[tuple[torch.dtype, int]], device: torch.device) -> tuple[float, dict[str, float]]:
    """Least time for so many operations of each precision, and the measured rate of each precision."""
    seconds, rates = 0.0, {}
    for dtype, count in flops:
        rate = product_rate(device, dtype)
        rates[str(dtype).removeprefix("torch.")] = rate
        seconds += count / rate
    return seconds, rates


@torch.inference_mode()
def best_seconds(run: Callable[[], Any], device: torch.device) -> float:
    """Shortest time of `run` in half a second of trying (at least three times), after a warm-up."""
    best, end, tries = float("inf"), time.perf_counter() + _MEASURE_SECONDS, 0
    run()
    while tries < 3 or time.perf_counter() < end:
        _wait(device)
        before = time.perf_counter()
        run()
        _wait(device)
        best, tries = min(best, time.perf_counter() - before), tries + 1
    return best


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
