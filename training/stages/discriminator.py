"""A discriminator on noised clips: a teacher's layers with a small head that says, frame by frame, real or generated.

The published code's class branch does not run (reference section 4.5); this is the plain form of the same idea, with
its R1/R2 penalties by finite differences (arXiv:2501.08316).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import Attend
from model.transformer import Transformer

_SHAKE = 0.01  # deviation of the noise by whose effect steepness is measured


class Discriminator(nn.Module):
    """Called as a transformer is, with logits instead of velocities."""

    def __init__(self, backbone: Transformer) -> None:
        """Take over the layers of `backbone`; the head starts at "undecided"."""
        super().__init__()
        self.backbone = backbone
        self.positions = backbone.positions
        width = backbone.config.width
        last = nn.Linear(width, 1)
        nn.init.zeros_(last.weight)
        self.head = nn.Sequential(nn.Linear(width, width), nn.SiLU(), last)

    def forward(
        self, latents: Tensor, t: Tensor, actions: Tensor, attend: Attend, told: Tensor | None = None
    ) -> Tensor:
        """Logits (b, f) of frames (b, f, c, h, w) at timesteps t (b, f), above 0 for real."""
        tokens, _ = self.backbone.features(latents, t, actions, attend, told)
        with torch.autocast(tokens.device.type, enabled=False):  # a shake moves logits by less than bf16 can tell
            pooled = F.layer_norm(tokens.float(), tokens.shape[-1:]).mean(2)
            logits: Tensor = self.head(pooled).squeeze(-1)
        return logits


def unsteadiness(logits: Tensor, shaken: Tensor) -> Tensor:
    """Penalty on how much a `shake` of the input moves the logits: R1 on real, R2 on generated frames."""
    return (logits - shaken).square().mean()


def shake(x: Tensor, generator: torch.Generator) -> Tensor:
    """x with noise added, far below the contrast of a texture."""
    return x + _SHAKE * torch.randn(x.shape, generator=generator, device=x.device)
