"""Pictures of what a model in training does: rollouts from real context beside what really happened."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.autoencoder import Autoencoder, to_frames
from model.transformer import Transformer

from .data.latents import LatentCache
from .rollout import Sampling, rollout

_CONTEXT, _FRAMES, _SHOWN = 8, 24, (0, 1, 3, 7, 15, 23)


@dataclass(frozen=True)
class Preview:
    """Rolls out from a few fixed places of the footage."""

    cache: LatentCache
    autoencoder: Autoencoder
    sampling: Sampling
    places: int = 4

    @torch.no_grad()
    def pictures(self, model: Transformer) -> dict[str, npt.NDArray[np.uint8]]:
        """For each place two rows: real frames 1, 2, 4, 8, 16, 24 after the context, and generated ones."""
        rows = []
        device = next(model.parameters()).device
        decode = self.autoencoder.to(device).decode
        for place in range(self.places):
            clip = self.cache.clips[place * len(self.cache.clips) // self.places]
            start = len(clip.latents) // 5
            part = slice(start, start + _CONTEXT + _FRAMES)
            latents, actions = clip.latents[part].float().to(device), clip.actions[part].to(device)
            poses = clip.poses[part].to(device)
            generator = torch.Generator().manual_seed(0)
            made = rollout(model, latents[None, :_CONTEXT], actions[None], poses[None], self.sampling, generator)[0]
            shown = [i for i in _SHOWN if i < len(made)]
            for frames in (latents[_CONTEXT:], made):
                decoded = to_frames(decode(frames[shown])).cpu().numpy()
                rows.append(np.concatenate(list(decoded), axis=1))
        width = min(row.shape[1] for row in rows)
        return {"rollout": np.concatenate([row[:, :width] for row in rows])}
