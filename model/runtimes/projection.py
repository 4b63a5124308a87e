"""Queries, keys and values of a layer in one product, for a model that will only be played."""

import torch
from torch import Tensor, nn

from ..transformer import Block, SelfAttention, Transformer, rms_norm


class FusedProjection:
    """The three projections of a `SelfAttention` by one matrix product and one normalisation: same maths."""

    def __init__(self, attention: SelfAttention) -> None:
        """Join the weights as they are now; later changes to them are not seen."""
        parts = (attention.q, attention.k, attention.v)
        linear = nn.Linear(1, 1, device="meta")
        linear.weight = nn.Parameter(torch.cat([part.weight for part in parts]).detach(), requires_grad=False)
        linear.bias = nn.Parameter(torch.cat([part.bias for part in parts]).detach(), requires_grad=False)
        self.linear: nn.Module = linear
        """(..., e) -> (..., 3 e)."""
        self._norm = torch.stack((attention.norm_q.weight, attention.norm_k.weight)).detach()

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `SelfAttention.project`."""
        qkv = self.linear(x).view(*x.shape[:-1], 3, -1)
        q, k = rms_norm(qkv[..., :2, :], self._norm).unbind(-2)
        return q, k, qkv[..., 2, :]


def fuse_projections(model: Transformer) -> None:
    """Let every layer of a model that will only be played project in one piece."""
    for block in model.blocks:
        assert isinstance(block, Block)
        block.self_attn.project = FusedProjection(block.self_attn)  # type: ignore[method-assign] # that is the point
