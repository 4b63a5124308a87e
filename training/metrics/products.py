"""The matrix products and convolutions of a computation, counted as they happen.

Nothing takes less time than its products take alone. How long that is can be told in two ways: by their multiply-adds
at the rate that the machine reaches on a large product of the same precision (here), or by doing each of them bare
(`limit`).
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from .bare import Call

_LARGE = {"cpu": 1024, "cuda": 8192}  # rows, columns and depth of the product whose rate counts as the machine's
_MEASURE_SECONDS = 0.2


@dataclass(frozen=True)
class Product:
    """One product: `kind` linear, batched, attention or convolution; multiply and add count apart."""

    kind: str
    dtype: torch.dtype
    flops: int
    call: Call
    """What was computed, so that it can be done again."""


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
        counted = _count(str(func.overloadpacket.__name__), args, out)
        if counted is not None:
            self.products[Product(*counted, Call.of(func, args, kwargs or {}))] += 1
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


def _count(name: str, args: tuple[Any, ...], out: Any) -> tuple[str, torch.dtype, int] | None:
    """Kind, precision and floating-point operations of a product, None for all else."""
    tensors = [arg for arg in args if isinstance(arg, Tensor)]
    if name in ("mm", "linear", "matmul"):
        return _linear(tensors[0], out)
    if name == "addmm":
        return _linear(tensors[1], out)
    if name in ("bmm", "baddbmm"):
        return "batched", tensors[-2].dtype, 2 * out.numel() * tensors[-2].shape[-1]
    if name in ("convolution", "conv2d", "_convolution", "mkldnn_convolution"):
        weight = tensors[1]
        return "convolution", weight.dtype, 2 * out.numel() * prod(weight.shape[1:])
    if name == "convolution_backward":
        gradient, _, weight = tensors
        wanted = sum(args[-1][:2])  # of the gradients to input and weight
        return "convolution", weight.dtype, wanted * 2 * gradient.numel() * prod(weight.shape[1:])
    if "scaled_dot_product" in name or name in ("_flash_attn_forward", "_flash_attn_backward"):
        return _attention(tensors, backward=name.endswith("backward"), tokens=1 if name.startswith("_flash") else 2)
    return None


def _linear(left: Tensor, out: Tensor) -> tuple[str, torch.dtype, int]:
    return "linear", left.dtype, 2 * out.numel() * left.shape[-1]


def _attention(tensors: Sequence[Tensor], *, backward: bool, tokens: int) -> tuple[str, torch.dtype, int]:
    """Scores and values, or their gradients with the scores once more; `tokens` is the keys' dimension of that name."""
    query, key, value = tensors[1:4] if backward else tensors[:3]
    pairs = prod(query.shape[:-1]) * key.shape[tokens]
    of_scores, of_values = (3, 2) if backward else (1, 1)
    width = of_scores * query.shape[-1] + of_values * value.shape[-1]
    return "attention", query.dtype, 2 * pairs * width


def product_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Floating-point operations per second of a large matrix product here: the best of a fifth of a second of them."""
    side, generator = _LARGE[device.type], torch.Generator(device)  # its own: whoever asks may be in mid-run
    left, right = (torch.randn(side, side, device=device, generator=generator).to(dtype) for _ in range(2))
    return 2 * side**3 / best_seconds(lambda: left @ right, device)


@torch.inference_mode()
def best_seconds(run: Callable[[], Any], device: torch.device) -> float:
    """Shortest time of `run` in a fifth of a second of trying (at least five times), after a warm-up."""
    best, end, tries = float("inf"), time.perf_counter() + _MEASURE_SECONDS, 0
    run()
    while tries < 5 or time.perf_counter() < end:
        wait(device)
        before = time.perf_counter()
        run()
        wait(device)
        best, tries = min(best, time.perf_counter() - before), tries + 1
    return best


def wait(device: torch.device) -> None:
    """Wait until a GPU has done what it was handed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
