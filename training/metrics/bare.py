"""One operation by itself: what it was given is noted, and it is done again with random numbers of the same layout."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

_NO_OFFSET = 0  # of eight bits: zero stands for zero
_IN_A_GRAPH = 20  # operations that a GPU is given at once, so that the way to it is not timed


@dataclass(frozen=True)
class Layout:
    """How a tensor lies in memory."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    def random(self, device: torch.device, generator: torch.Generator) -> Tensor:
        """Unit noise that lies so; zeros where the precision is none of floating point."""
        cells = 1 + sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        if self.dtype.is_floating_point:
            memory = torch.randn(cells, device=device, generator=generator).to(self.dtype)
        else:
            memory = torch.zeros(cells, device=device, dtype=self.dtype)
        return memory.as_strided(self.shape, self.stride)


@dataclass(frozen=True)
class Call:
    """An operation and its arguments, with a `Layout` for each tensor."""

    operation: Any
    """As torch dispatches it."""
    arguments: tuple[Any, ...]
    options: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, operation: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> "Call":
        """Note a call that was seen."""
        return cls(operation, _noted(arguments), tuple((name, _noted(value)) for name, value in options.items()))

    @property
    def name(self) -> str:
        """Of the operation, without its overload."""
        return str(self.operation.overloadpacket.__name__)

    @property
    def inputs(self) -> tuple[Layout, ...]:
        """Tensors among the arguments, in order."""
        return tuple(argument for argument in self.arguments if isinstance(argument, Layout))

    @torch.inference_mode()
    def ways(self, device: torch.device, *, eight_bits: bool = False) -> Iterator[Callable[[], Any]]:
        """Yield ways to do it with everything at hand: as it was seen, tensors in one piece, weights laid out before.

        Attention is also done as two products with a softmax between. Each way's tensors are made when it is asked for.
        With `eight_bits` a processor also does linear layers and convolutions in eight bits, which need not be exact.
        """
        generator = torch.Generator(device).manual_seed(0)
        given: list[Any] = [
            entry.random(device, generator) if isinstance(entry, Layout) else entry for entry in self.arguments
        ]
        options = {
            name: value.random(device, generator) if isinstance(value, Layout) else value
            for name, value in self.options
        }
        yield lambda: self.operation(*given, **options)
        if any(not entry.is_contiguous() for entry in given if isinstance(entry, Tensor)):
            whole = [entry.contiguous() if isinstance(entry, Tensor) else entry for entry in given]
            yield lambda: self.operation(*whole, **options)
        packs = device.type == "cpu" and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call] # torch's
        if self.name == "scaled_dot_product_attention" and len(given) == 3 and not options:
            yield _attention_by_products(*given)
        if packs and not options:
            if self.name == "linear":
                yield _packed_linear(*given)
                if eight_bits:
                    yield eight_bit_linear(*given)
            elif self.name == "conv2d":
                yield _packed_convolution(*given)
                if eight_bits:
                    yield eight_bit_convolution(*given)


def repeated(run: Callable[[], Any], device: torch.device) -> tuple[Callable[[], Any], int]:
    """Return what does `run` as the device does it soonest, and how often that does it."""
    if device.type == "cpu":
        return run, 1
    graph, aside = torch.cuda.CUDAGraph(), torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # torch's
    with torch.inference_mode():
        with torch.cuda.stream(aside):
            run()  # libraries that are opened at the first use cannot be captured
        torch.cuda.synchronize(device)
        with torch.cuda.graph(graph):
            for _ in range(_IN_A_GRAPH):
                run()
    return graph.replay, _IN_A_GRAPH


def _packed_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Callable[[], Tensor]:
    """`linear` as oneDNN does it with a weight that it has laid out for so many rows."""
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), prod(x.shape[:-1]))
    return lambda: torch.ops.mkldnn._linear_pointwise(x, packed, bias, "none", [], "")


def _packed_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: tuple[int, ...] = (1, 1),
    padding: tuple[int, ...] = (0, 0),
    dilation: tuple[int, ...] = (1, 1),
    groups: int = 1,
) -> Callable[[], Tensor]:
    """`conv2d` as oneDNN does it with a weight that it has laid out for pictures of that size."""
    of_weight = list(padding), list(stride), list(dilation), groups
    packed = torch.ops.aten.mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), *of_weight, list(x.shape))
    return lambda: torch.ops.mkldnn._convolution_pointwise(x, packed, bias, *of_weight, "none", [], "")


def _attention_by_products(q: Tensor, k: Tensor, v: Tensor) -> Callable[[], Tensor]:
    """Softmax attention (b, h, tokens, d), each head in one piece."""
    q, k, v = q * q.shape[-1] ** -0.5, k.transpose(-1, -2).contiguous(), v.contiguous()
    return lambda: torch.softmax(q @ k, dim=-1) @ v


def eight_bit_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Callable[[], Tensor]:
    """`linear` as oneDNN does it in eight bits, up to the scales."""
    rows, scale, zeros = x.flatten(0, -2), torch.ones(len(weight)), torch.zeros(len(weight), dtype=torch.int64)
    packed = torch.ops.onednn.qlinear_prepack(weight.round().to(torch.int8), list(rows.shape))
    eight, dtype = rows.abs().round().to(torch.uint8), x.dtype
    shape = *x.shape[:-1], len(weight)
    return lambda: torch.ops.onednn.qlinear_pointwise(
        eight, 1.0, _NO_OFFSET, packed, scale, zeros, bias, 1.0, _NO_OFFSET, dtype, "none", [], ""
    ).view(shape)


def eight_bit_convolution(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: tuple[int, ...] = (1, 1),
    padding: tuple[int, ...] = (0, 0),
    dilation: tuple[int, ...] = (1, 1),
    groups: int = 1,
) -> Callable[[], Tensor]:
    """`conv2d` as oneDNN does it in eight bits, up to the scales."""
    scale, zeros = torch.ones(len(weight)), torch.zeros(len(weight), dtype=torch.int64)
    places = [list(stride), list(padding), list(dilation), groups]
    packed = torch.ops.onednn.qconv_prepack(
        weight.round().to(torch.int8), scale, 1.0, _NO_OFFSET, *places, list(x.shape)
    )
    eight, dtype = x.abs().round().to(torch.uint8), x.dtype
    return lambda: torch.ops.onednn.qconv_pointwise(
        eight, 1.0, _NO_OFFSET, packed, scale, zeros, bias, *places, 1.0, _NO_OFFSET, dtype, "none", [], ""
    )


def _noted(value: Any) -> Any:
    if isinstance(value, Tensor):
        return Layout(tuple(value.shape), value.stride(), value.dtype)
    if isinstance(value, list | tuple):
        return tuple(_noted(entry) for entry in value)
    return value
