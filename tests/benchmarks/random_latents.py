"""Latents to measure training with, where there is no footage."""

import torch

from model.actions import ACTION_SIZE
from model.transformer import TransformerConfig
from training.data.latents import LatentCache
from training.data.mapped import LatentClip


def random_latents(model: TransformerConfig, frames: int) -> LatentCache:
    """One clip of noise that a model of this shape can learn from."""
    latents = torch.randn(frames, model.latent_channels, model.rows, model.columns).half()
    clip = LatentClip(latents, torch.zeros(frames, ACTION_SIZE))
    return LatentCache("0" * 64, 16.0, (8 * model.rows, 8 * model.columns), ("random",), (frames,), (clip,))
