"""Matching a student's distribution to a teacher's: the losses in closed form, on what networks predicted.

All of it is fp32 and works per sample; which networks made the predictions, and from what, is the stage's business.
Guidance is ordinary classifier-free guidance everywhere: the published DMD coefficient g = 3 is scale 4 here
(reference section 4.2).

Letters: b batch, f frames, c h w latent channels, height, width.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from model.schedule import T_MAX, shifted


def guided(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Classifier-free guidance (arXiv:2207.12598): `scale` 1 is the conditional prediction, 0 the unconditional."""
    return unconditional + scale * (conditional - unconditional)


def draw_score_timesteps(
    batch: int, shift: float, span: tuple[float, float], generator: torch.Generator
) -> Tensor:  # fmt: skip
    """Timesteps (b, 1), one per sample: uniform on the shifted grid, clamped to `span`."""
    u = 1 - torch.rand((batch, 1), generator=generator, device=generator.device)
    return (T_MAX * shifted(u, shift)).clamp(*span)


def distribution_matching(x: Tensor, real: Tensor, fake: Tensor, *, normalised: bool = True) -> Tensor:
    """Loss whose gradient in x (b, f, c, h, w) moves it from the `fake` x0 prediction to the `real` one (DMD).

    The gradient is (fake - real) over the sample's mean |x - real| (DMD, arXiv:2311.18828, equation 8), divided by
    the number of entries, as a mean squared error has it.
    """
    with torch.no_grad():
        gradient = fake - real
        if normalised:
            gradient = gradient / _mean((x - real).abs()).clamp(min=1e-6)
        target = x - gradient
    return 0.5 * F.mse_loss(x, target)


def score_identity(x: Tensor, real: Tensor, fake: Tensor, *, alpha: float = 1.0, normalised: bool = True) -> Tensor:
    """Score identity distillation (SiD, arXiv:2404.04057, equation 23): differentiable in x, `real` and `fake`.

    Both predictions must have been made with gradient from x, for that is where the loss says which way to go.
    """
    apart = real - fake
    loss = apart * ((real - x) - alpha * apart)
    if normalised:
        loss = loss / _mean((x - real).abs()).clamp(min=1e-6).detach()
    return loss.mean()


def critic_adversarial(of_real: Tensor, of_fake: Tensor) -> Tensor:
    """What a discriminator minimises, on logits of real and generated frames (non-saturating, softplus)."""
    return F.softplus(-of_real).mean() + F.softplus(of_fake).mean()


def generator_adversarial(of_fake: Tensor) -> Tensor:
    """What a generator minimises against that discriminator."""
    return F.softplus(-of_fake).mean()


def _mean(x: Tensor) -> Tensor:
    """Mean of each sample, broadcast over it."""
    return x.mean(tuple(range(1, x.ndim)), keepdim=True)
