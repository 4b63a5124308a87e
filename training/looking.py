"""What a world remembers of the frames that it makes (`WorldSpec.remembers`), where it is trained to play so."""

from collections.abc import Callable

import torch
from torch import Tensor

from model.autoencoder import Autoencoder, to_frames, to_pixels

from .precision import autocast

Look = Callable[[Tensor], Tensor]
"""Latents (..., c, h, w) as they were drawn -> those that are remembered, of the same shape."""

_AT_ONCE = 16  # pictures; more gain nothing on a CPU, and take memory


def as_drawn(latents: Tensor) -> Tensor:
    """Remember latents."""
    return latents


class AsShown:
    """Remember pictures: each is decoded, rounded to bytes as a screen has it, and encoded again."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        """See through `autoencoder`, which is that of the world; no gradient passes it."""
        self._autoencoder = autoencoder

    @torch.no_grad()
    def __call__(self, latents: Tensor) -> Tensor:
        """Latents (..., c, h, w), one frame or more -> the same shape, fp32."""
        seen = []
        with autocast(latents.device):
            for part in torch.split(latents.flatten(0, -4), _AT_ONCE):
                pictures = to_frames(self._autoencoder.decode(part.contiguous(memory_format=torch.channels_last)))
                seen.append(self._autoencoder.encode(to_pixels(pictures)).float())
        return torch.cat(seen).view_as(latents)
