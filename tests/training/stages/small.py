"""The smallest latents, settings and weights with which a causal stage runs."""

from typing import Any

import torch
from torch import Tensor

from training.data.latents import LatentCache
from training.data.mapped import LatentClip
from training.loop import LoopConfig
from training.stages.forcing import ContextConfig

from ...tiny_world import SINK, WINDOW, tiny_transformer


def latent_cache(clips: int = 2, frames: int = 20) -> LatentCache:
    """Random latents and turning cameras."""
    generator = torch.Generator().manual_seed(5)
    latents = torch.randn((clips * frames, 4, 4, 6), generator=generator).half()
    actions = torch.randn((clips * frames, 11), generator=generator) * 0.2
    names = tuple(f"clip-{i}" for i in range(clips))
    made = tuple(map(LatentClip, latents.split(frames), actions.split(frames)))
    return LatentCache("0" * 64, 16.0, (32, 48), names, (frames,) * clips, made)


def settings(frames: int = SINK + WINDOW + 1, batch: int = 2) -> dict[str, Any]:
    """Keyword arguments that every causal stage's configuration takes."""
    context = ContextConfig(sink=SINK, window=WINDOW, frames=frames, batch=batch)
    return {
        "loop": LoopConfig(steps=4, log_every=1, save_every=2, picture_every=4),
        "model": tiny_transformer().config,
        "context": context,
        "compiled": False,
    }


def weights(seed: int = 0) -> dict[str, Tensor]:
    """Random weights for that model."""
    return tiny_transformer(seed).state_dict()
