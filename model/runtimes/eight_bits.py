"""Matrix products of the layers in eight bits on a GPU (W8A8): half the bytes of bf16, twice the rate.

Weights have a scale for each output, activations one for each token, found as they come ("dynamic"), so nothing has to
be calibrated. int8 needs Turing or later, fp8 (e4m3) Ada or Hopper. Scales, sums and everything between the products
stay in the model's precision or better. A CPU computes the same, slowly, which is how it is tested without a GPU.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..transformer import Block, Transformer
from .projection import FusedProjection

Kind = Literal["int8", "fp8"]

EIGHT_BITS: Mapping[str, Kind] = MappingProxyType({"cuda-int8": "int8", "cuda-fp8": "fp8"})
"""Runtimes that multiply so."""

_MOST = {"int8": 127.0, "fp8": torch.finfo(torch.float8_e4m3fn).max}
_LEAST_TOKENS = 17  # torch's int8 product takes no fewer rows on a GPU
_SIDES = 16  # of a product, in multiples of which the units of a GPU count


class EightBitLinear(nn.Module):
    """A linear layer, x W^T + b, whose product is in eight bits."""

    weight: Tensor
    scale: Tensor
    bias: Tensor

    def __init__(self, kind: Kind, weight: Tensor, bias: Tensor) -> None:
        """Take `weight` (outputs, inputs), both multiples of 16, and `bias` (outputs,) as they are now."""
        super().__init__()
        if any(side % _SIDES for side in weight.shape):
            raise ValueError(f"sides of an eight-bit product must be multiples of {_SIDES}, not {tuple(weight.shape)}")
        self._product = _int8_product if kind == "int8" else _fp8_product
        self._kind: Kind = kind
        eight, scale = quantised(weight.detach().float(), kind)
        self.register_buffer("weight", eight.t())  # (inputs, outputs), as columns in memory
        self.register_buffer("scale", scale.t())
        self.register_buffer("bias", bias.detach().clone())

    def forward(self, x: Tensor) -> Tensor:
        """(..., inputs) -> (..., outputs) in the precision of x."""
        eight, scale = quantised(x.flatten(0, -2), self._kind)
        product = self._product(eight, self.weight, scale, self.scale, x.dtype)
        return (product + self.bias).view(*x.shape[:-1], -1)


def quantised(x: Tensor, kind: Kind) -> tuple[Tensor, Tensor]:
    """Rows of x (n, k) in eight bits, and their scales (n, 1) in fp32: x is about one times the other."""
    scale = (x.float().abs().amax(dim=1, keepdim=True) / _MOST[kind]).clamp(min=1e-12)
    scaled = x.float() / scale
    return (scaled.round().to(torch.int8) if kind == "int8" else scaled.to(torch.float8_e4m3fn)), scale


def _int8_product(x: Tensor, weight: Tensor, of_x: Tensor, of_weight: Tensor, dtype: torch.dtype) -> Tensor:
    rows = len(x)
    if x.is_cuda and rows < _LEAST_TOKENS:
        x = F.pad(x, (0, 0, 0, _LEAST_TOKENS - rows))
    return (torch._int_mm(x, weight)[:rows] * of_x * of_weight).to(dtype)


def _fp8_product(x: Tensor, weight: Tensor, of_x: Tensor, of_weight: Tensor, dtype: torch.dtype) -> Tensor:
    # by rows and columns it comes in bf16 alone
    product = torch._scaled_mm(x, weight, scale_a=of_x, scale_b=of_weight, out_dtype=torch.bfloat16)
    return product.to(dtype)


def use_eight_bits(model: Transformer, kind: Kind) -> None:
    """Let the layers of a model that will only be played, its projections fused, multiply in eight bits.

    Embeddings, modulation and the head, a hundredth of the work, stay as they are.
    """
    make = partial(EightBitLinear, kind)
    for block in model.blocks:
        assert isinstance(block, Block)
        project, attention = block.self_attn.project, block.self_attn
        assert isinstance(project, FusedProjection), "fuse the projections first"
        assert isinstance(project.linear, nn.Linear)
        project.linear = make(project.linear.weight, project.linear.bias)
        for parent, name in ((attention, "o"), (block.ffn, "0"), (block.ffn, "2")):
            linear = parent.get_submodule(name)
            assert isinstance(linear, nn.Linear)
            parent.register_module(name, make(linear.weight, linear.bias))


def supports(kind: Kind, capability: tuple[int, int]) -> bool:
    """Whether a GPU of that compute capability multiplies so."""
    return capability >= ((7, 5) if kind == "int8" else (8, 9))
