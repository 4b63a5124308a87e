"""Rolling a transformer out frame by frame in latent space, against its own earlier frames."""

from dataclasses import dataclass

import torch
from torch import Tensor

from model.cache import KeyValueCache
from model.sampler import SamplerConfig, sample
from model.transformer import Transformer


@dataclass(frozen=True)
class Sampling:
    """How frames of a rollout are drawn and what they see."""

    sampler: SamplerConfig
    steps: int
    sink: int
    window: int


@torch.no_grad()
def rollout(
    model: Transformer, context: Tensor, actions: Tensor, poses: Tensor, sampling: Sampling, generator: torch.Generator
) -> Tensor:
    """Generate the latents (f, c, h, w) that follow `context` (s, c, h, w).

    `actions` (s + f, 11) and `poses` (s + f, 2) in degrees cover context and generated frames.
    """
    device = context.device
    cache = KeyValueCache(model, sink=sampling.sink, window=sampling.window)
    made: list[Tensor] = []
    for i in range(len(actions)):
        pose, action = poses[i].double().cpu(), actions[i][None, None]
        view = cache.view(pose)
        if i < len(context):
            latent = context[i][None, None]
        else:
            latent = sample(
                sampling.sampler,
                sampling.steps,
                lambda x, t, action=action, view=view: model(x, t.expand(1, 1).to(device), action, view),  # type: ignore[misc]
                lambda: torch.randn((1, 1, *context.shape[1:]), generator=generator).to(device),
            )
            made.append(latent[0, 0])
        model(latent, torch.zeros((1, 1), device=device), action, view)
        cache.write(view.keys, view.values, pose)
    return torch.stack(made)
