"""The least time of a frame on this machine: its products done bare, in the same shapes, precision and threads.

Each distinct product of one frame is done again and again with all it needs at hand, and its best time is taken: as the
frame did it, and in the other ways in which a faster runtime could do it (`bare`). How often a frame does each, times
that, is the limit. Beside it stands the time at the rate of one large product, which no shape of a small model reaches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from model.actions import Action
from model.world import load_world

from .bare import Layout, repeated
from .products import Product, ProductCounter, best_seconds, product_rate

_WALKING = Action(forward=True)  # who stands still fills no context
_PLAIN = {torch.bfloat16: "eager", torch.float32: "eager-fp32"}
"""Runtimes whose products are seen one by one, by precision; others may hide theirs."""


@dataclass(frozen=True)
class Bare:
    """One distinct product of a frame."""

    kind: str
    dtype: str
    inputs: list[list[int]]
    """Shapes of the tensors that it is given."""
    options: list[Any]
    """What else it is given, such as stride and padding."""
    count: int
    """How often a frame does it."""
    gflop: float
    """10^9 floating-point operations of doing it once."""
    ms: float
    """Best time of doing it once."""


@dataclass(frozen=True)
class Limit:
    """Result of `measure_limit`."""

    limit_ms: float
    """Time of a frame's products, each done bare in its own shape."""
    peak_ms: float
    """Time of a frame's products at the rate of one large product."""
    gflops: dict[str, float]
    """10^9 floating-point operations of a frame, by kind."""
    rate_gflops: dict[str, float]
    """10^9 operations per second of a large matrix product, by precision."""
    kind_ms: dict[str, float]
    """Parts of `limit_ms`, by kind."""
    products: list[Bare]
    """The slowest of a frame first."""


def count_frame(
    folder: Path, dtype: torch.dtype, *, device: str = "auto", steps: int | None = None, seed: int = 0
) -> ProductCounter:
    """Products of one frame of a world in precision `dtype` with a full context, so that no frame has more."""
    world = load_world(str(folder), device=device, runtime=_PLAIN[dtype])
    session = world.start(seed=seed, steps=steps)
    for _ in range(world.spec.sink + world.spec.window + 1):
        session.step(_WALKING)
    counter = ProductCounter()
    with counter:
        session.step(_WALKING)
    return counter


def measure_limit(products: Mapping[Product, int], device: torch.device, *, eight_bits: bool = False) -> Limit:
    """Time each of a frame's distinct `products`; nothing else should load the machine meanwhile.

    With `eight_bits` those that a processor does sooner in eight bits count as done so.
    """
    rates = {dtype: product_rate(device, dtype) for dtype in sorted({product.dtype for product in products}, key=str)}
    rows = [_bare(product, count, device, eight_bits) for product, count in products.items()]
    gflops: dict[str, float] = {}
    kind_ms: dict[str, float] = {}
    for row in rows:
        gflops[row.kind] = gflops.get(row.kind, 0.0) + row.count * row.gflop
        kind_ms[row.kind] = kind_ms.get(row.kind, 0.0) + row.count * row.ms
    return Limit(
        limit_ms=sum(kind_ms.values()),
        peak_ms=1000 * sum(count * product.flops / rates[product.dtype] for product, count in products.items()),
        gflops=gflops,
        rate_gflops={_name(dtype): rate / 1e9 for dtype, rate in rates.items()},
        kind_ms=kind_ms,
        products=sorted(rows, key=lambda row: -row.count * row.ms),
    )


def bare_seconds(product: Product, device: torch.device, eight_bits: bool) -> float:
    """Best time of one product by itself, in whichever way is soonest."""
    best = float("inf")
    for way in product.call.ways(device, eight_bits=eight_bits):
        run, times = repeated(way, device)
        best = min(best, best_seconds(run, device) / times)
    return best


def _bare(product: Product, count: int, device: torch.device, eight_bits: bool) -> Bare:
    return Bare(
        kind=product.kind,
        dtype=_name(product.dtype),
        inputs=[list(layout.shape) for layout in product.call.inputs],
        options=[entry for entry in product.call.arguments if not isinstance(entry, Layout)],
        count=count,
        gflop=product.flops / 1e9,
        ms=1000 * bare_seconds(product, device, eight_bits),
    )


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
