"""The discriminator's own pieces."""

import torch

from model.attention import Bidirectional
from training.stages.discriminator import Discriminator, shake, unsteadiness

from ...tiny_world import tiny_transformer


def test_it_judges_frame_by_frame_and_starts_undecided() -> None:
    network = Discriminator(tiny_transformer())
    latents, actions, poses = torch.randn(2, 3, 4, 4, 6), torch.randn(2, 3, 11), torch.zeros(2, 3, 2)
    attend = Bidirectional(network.positions, torch.arange(3), poses)
    logits = network(latents, torch.full((2, 3), 500.0), actions, attend)
    assert logits.shape == (2, 3) and (logits == logits[0, 0]).all()
    torch.nn.init.normal_(network.head[2].weight, generator=torch.Generator().manual_seed(0))
    assert len(network(latents, torch.full((2, 3), 500.0), actions, attend).unique()) == 6


def test_the_penalty_grows_with_steepness() -> None:
    x = torch.randn(5, 4)
    shaken = shake(x, torch.Generator().manual_seed(0))
    assert 0.005 < (shaken - x).std() < 0.02
    steep, flat = (unsteadiness((x * k).sum(1), (shaken * k).sum(1)) for k in (10, 1))
    torch.testing.assert_close(steep, 100 * flat)
