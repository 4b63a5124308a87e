"""Projections in one product."""

import torch

from model.attention import Bidirectional
from model.runtimes.projection import fuse_projections

from ...tiny_world import tiny_transformer


@torch.no_grad()
def test_fused_projections_equal_the_plain_ones() -> None:
    plain, fused = tiny_transformer(), tiny_transformer()
    for model in (plain, fused):
        for block in model.blocks:
            torch.nn.init.uniform_(block.self_attn.norm_q.weight, 0.5, 1.5, torch.Generator().manual_seed(1))
            torch.nn.init.uniform_(block.self_attn.norm_k.weight, 0.5, 1.5, torch.Generator().manual_seed(2))
    fuse_projections(fused)
    latents, t = torch.randn(2, 3, 4, 4, 6), torch.rand(2, 3) * 1000
    attend = Bidirectional(plain.positions, torch.arange(3), torch.zeros(2, 3, 2))
    actions = torch.randn(2, 3, 11)
    a, b = (model(latents, t, actions, attend) for model in (plain, fused))
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-4)
