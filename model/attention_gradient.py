"""Attention whose gradient is written as matrix products: what a CPU with fast bf16 trains with.

torch's own bf16 gradient on a CPU takes two to four times as long for the few tokens of a frame. The value is torch's,
to the bit; the gradient recomputes the softmax from bf16 scores (FlashAttention, arXiv:2205.14135, section 3.1 without
tiles, which so few tokens do not need).
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        ctx.save_for_backward(q, k, v, out, bias)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        q, k, v, out, bias = ctx.saved_tensors
        scale = q.shape[-1] ** -0.5
        scores = (q * scale) @ k.transpose(-1, -2)
        weights = torch.softmax(scores if bias is None else scores + bias, dim=-1)
        of_weights = gradient @ v.transpose(-1, -2)
        of_scores = weights * (of_weights - (gradient * out).sum(-1, keepdim=True)) * scale
        return of_scores @ k, of_scores.transpose(-1, -2) @ q, weights.transpose(-1, -2) @ gradient, None


def attend_by_products(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """Softmax attention over all keys, q (b, h, n, d), k and v (b, h, m, d), scores plus `bias` (n, m)."""
    out: Tensor = _Attention.apply(q, k, v, bias)  # type: ignore[no-untyped-call] # torch leaves it untyped
    return out
