"""Rolling a transformer out frame by frame in latent space, against its own earlier frames."""

from dataclasses import dataclass

import torch
from torch import Tensor

from model.sampler import SamplerConfig
from model.transformer import Transformer
from model.walk import Newest, Walk

from .data.latents import LatentCache, sample_clips
from .looking import Look, as_drawn

_AT_ONCE = 16  # walks taken together; more gain little on a CPU


@dataclass(frozen=True)
class Sampling:
    """How frames of a rollout are drawn and what they see."""

    sampler: SamplerConfig
    steps: int
    sink: int
    window: int
    look: Look = as_drawn


@torch.no_grad()
def walked_latents(
    model: Transformer, cache: LatentCache, sampling: Sampling, *, walks: int, context: int, frames: int, seed: int
) -> Tensor:
    """Latents (walks * frames, c, h, w) that a model makes from real context and actions; `seed` draws the places."""
    device = next(model.parameters()).device
    generator = torch.Generator().manual_seed(seed)
    made = []
    for begun in range(0, walks, _AT_ONCE):
        clip = sample_clips(cache, context + frames, min(_AT_ONCE, walks - begun), generator).to(device)
        made.append(rollout(model, clip.latents[:, :context], clip.actions, clip.turned, sampling, generator))
    return torch.cat(made).flatten(0, 1)


def rollout(
    model: Transformer, context: Tensor, actions: Tensor, poses: Tensor, sampling: Sampling, generator: torch.Generator
) -> Tensor:
    """Generate the latents (b, f, c, h, w) that follow `context` (b, s, c, h, w).

    `actions` (b, s + f, 11) and `poses` (b, s + f, 2) in degrees cover context and generated frames.
    """
    given, device = context.shape[1], context.device
    walk = Walk(model, sink=sampling.sink, window=sampling.window, batch=len(context))
    turned = poses.double().cpu()
    for i in range(given):
        walk.give(Newest(context[:, i : i + 1], actions[:, i : i + 1], turned[:, i]))

    def draw() -> Tensor:
        return torch.randn(context[:, :1].shape, generator=generator, device=generator.device).to(device)

    made: list[Tensor] = []
    for i in range(given, actions.shape[1]):
        timesteps = sampling.sampler.timesteps(sampling.steps, first=i == given)
        now = actions[:, i : i + 1], turned[:, i]
        drawn = walk.step(*now, sampling.sampler.kind, timesteps, draw, look=sampling.look)
        made.append(drawn.latent)
    return torch.cat(made, dim=1)
