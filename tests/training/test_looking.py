"""What training takes a world to remember is what it remembers in play."""

import contextlib

import pytest
import torch

from model.runtimes.static import Decoding, Encoding
from model.sampler import SamplerConfig
from training import looking
from training.looking import AsShown, as_drawn
from training.rollout import Sampling, rollout

from ..tiny_world import SINK, WINDOW, tiny_autoencoder, tiny_transformer


def test_pictures_are_remembered_as_a_world_does_that_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "autocast", lambda device: contextlib.nullcontext())
    autoencoder = tiny_autoencoder()
    latents = torch.randn((5, 4, 4, 4, 6), generator=torch.Generator().manual_seed(0))
    decode, encode = Decoding(autoencoder, torch.float32), Encoding(autoencoder, torch.float32)
    played = torch.stack([encode(decode(frames)) for frames in latents])
    seen = AsShown(autoencoder)(latents)
    torch.testing.assert_close(seen, played, atol=1e-5, rtol=1e-5)
    assert (seen - latents).std() > 0.01, "something is lost on the way"


def test_a_rollout_goes_on_from_what_is_remembered() -> None:
    """With a look that forgets everything, each frame follows nothing but zeros."""
    generator = torch.Generator().manual_seed(1)
    latents, actions = torch.randn((1, 2, 4, 4, 6), generator=generator), torch.zeros(1, 5, 11)
    drawn = []

    def forget(latent: torch.Tensor) -> torch.Tensor:
        drawn.append(latent)
        return torch.zeros_like(latent)

    def walk(look: looking.Look) -> torch.Tensor:
        sampling = Sampling(SamplerConfig(), 2, SINK, WINDOW, look)
        noise = torch.Generator().manual_seed(2)
        return rollout(tiny_transformer(), latents, actions, torch.zeros(1, 5, 2), sampling, noise)

    remembered, forgotten = walk(as_drawn), walk(forget)
    assert torch.equal(torch.cat(drawn, dim=1), forgotten)
    assert torch.equal(remembered[:, 0], forgotten[:, 0]) and not torch.equal(remembered[:, 1], forgotten[:, 1])
