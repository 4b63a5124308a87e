"""More latent channels for what has learned with fewer: what was there goes on as it was, what is new begins at zero.

The channels that were there keep their meaning (`AutoencoderStageConfig.kept`), so the generator's knowledge of them
stays good, and only detail has to be learned.
"""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from model.autoencoder import Autoencoder
from model.transformer import PATCH


def widen_autoencoder(narrow: Autoencoder, channels: int) -> Autoencoder:
    """Return an autoencoder of `channels` latent channels, no fewer than `narrow` has, that reconstructs as it does.

    The encoder draws what fills the new ones from torch's global generator; the decoder does not listen to them yet.
    """
    wide = Autoencoder(replace(narrow.config, latent_channels=channels))
    found, wanted = narrow.state_dict(), wide.state_dict()
    last, first = f"encoder.{len(wide.encoder) - 1}.", "decoder.0."
    for name, value in found.items():
        if value.shape == wanted[name].shape:
            wanted[name] = value
        elif name.startswith(first):
            wanted[name] = _padded(value, channels, 1)
        else:
            assert name.startswith((last, "latent_")), name
            wanted[name] = torch.cat((value, wanted[name][len(value) :]))
    wide.load_state_dict(wanted)
    return wide


def widen_transformer(weights: Mapping[str, Tensor], channels: int) -> dict[str, Tensor]:
    """Return a transformer's state dict for `channels` latent channels: the new ones say nothing, and are not seen."""
    wide = dict(weights)
    width = weights["patch_embedding.weight"].shape[0]
    seen = weights["patch_embedding.weight"].view(width, PATCH**2, -1)
    wide["patch_embedding.weight"] = _padded(seen, channels, 2).reshape(width, -1)
    said = weights["head.head.weight"].view(PATCH**2, -1, width)
    wide["head.head.weight"] = _padded(said, channels, 1).reshape(-1, width)
    wide["head.head.bias"] = _padded(weights["head.head.bias"].view(PATCH**2, -1), channels, 1).reshape(-1)
    return wide


def _padded(values: Tensor, size: int, dim: int) -> Tensor:
    """Zeros appended to one dimension up to `size`."""
    more = list(values.shape)
    more[dim] = size - values.shape[dim]
    return torch.cat((values, values.new_zeros(more)), dim=dim)
