"""Stage `sharpen`: teach the decoder what pictures look like, not only which picture is nearest (an adversarial loss).

Pixel losses make a decoder paint the mean of all textures that a latent may stand for: fog. Here it goes on under the
same losses and a discriminator of patches beside them, as in VQGAN (arXiv:2012.09841). The encoder stays as it is, so
that latents keep their meaning and every generator that was trained on them its use.

What is decoded in play are not latents of real frames but what a generator made of its own ones, which hold less. A
share of each batch are such latents: what they show may not change in the large, but has to look real in the small.
"""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.autoencoder import STRIDE, Autoencoder, to_pixels
from model.footage.clip import Dataset

from ..data.frames import FrameStream, FrameStreamConfig
from ..data_wait import waiting
from ..distributed import rank, ranks
from ..loop import Critic, LoopConfig, step_generator
from ..optimizers import OptimizerConfig
from ..precision import autocast
from .discriminator import shake, unsteadiness
from .matching import critic_adversarial, generator_adversarial
from .reconstruction import Samples, pixel_losses, psnr

_FINE, _ENLARGED = 5, 8.0  # pixels over whose mean detail stands out, and by how much it is enlarged


@dataclass(frozen=True, kw_only=True)
class SharpenConfig:
    """Adversarial training of a decoder."""

    loop: LoopConfig
    data: FrameStreamConfig = field(default_factory=FrameStreamConfig)
    gradient_weight: float = 1.0
    """Weight of the L1 loss on differences between neighbouring pixels."""
    adversarial: float = 0.6
    """Length of the adversarial gradient on a picture, as a share of that of the pixel losses."""
    alone: int = 120
    """Steps in which only the discriminator learns; in as many more the adversarial gradient grows to its length. A
    decoder would soon deceive one that knows nothing yet, and both would learn nothing."""
    walks: int = 0
    """Walks of the generator whose latents are decoded too."""
    walk_frames: int = 40
    """Frames of each, after `walk_context` real ones."""
    walk_context: int = 8
    walked: float = 0.5
    """Share of them in a batch, where there are any."""
    columns: int = 10
    """Width of the part of each picture that is decoded, in latent cells; all of it where that is narrower."""
    coarse: int = 8
    """Pixels, in both directions, over whose mean a walk's frames have to stay as they were before this stage."""
    latent_noise: float = 0.15
    """Deviation of the noise on latents, which are of deviation 1."""
    width: int = 32
    """Channels of the discriminator's first layer."""
    critic: OptimizerConfig = field(
        default_factory=lambda: OptimizerConfig(lr=1e-3, betas=(0.5, 0.9), warmup=10, decay=0.0)
    )
    penalty: float = 5.0
    """Weight of the R1 and R2 penalties, for shakes far below the contrast of a texture."""


class PatchDiscriminator(nn.Module):
    """Says of every patch of 26x26 pixels whether it is real (PatchGAN, arXiv:1611.07004).

    Beside a picture it is shown what is fine in it, enlarged: that is where decoded pictures differ, and it then takes
    dozens of steps to tell them apart and not thousands.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(6, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 2 * width, 3, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 3, padding=1),
        )

    def forward(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, h, w) in [-1, 1] -> logits (b, 1, h/4, w/4), above 0 for real."""
        fine = pixels - F.avg_pool2d(pixels, _FINE, stride=1, padding=_FINE // 2, count_include_pad=False)
        logits: Tensor = self.layers(torch.cat((pixels, _ENLARGED * fine), dim=1))
        return logits


class SharpenStage:
    """Trains the decoder of an autoencoder, whose encoder is frozen."""

    def __init__(
        self,
        dataset: Dataset,
        config: SharpenConfig,
        autoencoder: Autoencoder,
        device: torch.device,
        *,
        made: Tensor | None = None,
    ) -> None:
        """Go on from `autoencoder`; `made` (n, c, h, w) are latents as a generator makes them."""
        self.config, self.device = config, device
        torch.manual_seed(config.loop.seed)  # layers of nn.Module can draw their first weights from nowhere else
        self.model = copy.deepcopy(autoencoder).to(device)
        self.model.encoder.requires_grad_(False)
        self.ema = copy.deepcopy(self.model)
        self._before = copy.deepcopy(self.model).requires_grad_(False)
        self._made = None if made is None else made.to(device)
        self._discriminator = PatchDiscriminator(config.width).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.critic = Critic(self._discriminator, config.critic, 1, self._critic_loss)
        self._stream = FrameStream(dataset, config.data, config.loop.seed)
        self._newest: tuple[int, Tensor, Tensor] | None = None
        self._samples = Samples(dataset, device)

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole configuration."""
        return {"stage": "sharpen"} | asdict(self.config)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """L1 of pixels and of their differences, and the discriminator's word at a fixed share of their gradient."""
        generator = step_generator(self.config.loop.seed, step, self.device)
        pixels, latents, walked = self._draw(step, generator)
        with autocast(self.device):
            everything = self.model.decode(torch.cat((latents, walked))).float()
            logits = self._discriminator(everything).float()
        decoded, walks = everything[: len(latents)], everything[len(latents) :]
        l1, edges = pixel_losses(decoded, pixels)
        near = l1 + self.config.gradient_weight * edges
        if len(walked):
            near = near + F.avg_pool2d(walks - self._as_before(walked), self.config.coarse).abs().mean()
        real = generator_adversarial(logits)
        grown = min(1.0, max(0.0, step / self.config.alone - 1)) if self.config.alone else 1.0
        weight = grown * self.config.adversarial * balance(near, real, everything)
        return near + weight * real, {"l1": l1.detach(), "psnr": psnr(decoded, pixels), "weight": weight}

    @torch.no_grad()
    def _as_before(self, latents: Tensor) -> Tensor:
        """What the decoder made of latents before this stage."""
        with autocast(self.device):
            return self._before.decode(latents).float()

    def _critic_loss(self, step: int, turn: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the discriminator on the frames of this step and what the decoder makes of them."""
        generator = step_generator(self.config.loop.seed, step, self.device, turn=turn + 1)
        pixels, latents, walked = self._draw(step, generator)
        with autocast(self.device):
            with torch.no_grad():
                decoded = self.model.decode(torch.cat((latents, walked))).float()
            parts = (pixels, decoded, shake(pixels, generator), shake(decoded, generator))
            logits = self._discriminator(torch.cat(parts)).float()
            of_real, of_fake, shaken_real, shaken_fake = logits.split([len(part) for part in parts])
        penalty = unsteadiness(of_real, shaken_real) + unsteadiness(of_fake, shaken_fake)
        right = 0.5 * ((of_real > 0).float().mean() + (of_fake < 0).float().mean())
        return critic_adversarial(of_real, of_fake) + self.config.penalty * penalty, {"right": right}

    def _draw(self, step: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Parts of a step's frames, their latents with a little noise, and latents of walks."""
        pixels, latents = self._encoded(step)
        level = self.config.latent_noise * torch.rand((len(latents), 1, 1, 1), generator=generator, device=self.device)
        noise = torch.randn(latents.shape, generator=generator, device=self.device)
        latents, walked = latents + level * noise, latents[:0]
        if self._made is not None and (count := round(self.config.walked * len(pixels))):
            chosen = torch.randint(len(self._made), (count,), generator=generator, device=self.device)
            walked = self._made[chosen]
            pixels, latents = pixels[count:], latents[count:]
        columns = min(self.config.columns, latents.shape[-1])
        spare = latents.shape[-1] - columns
        left = int(torch.randint(spare + 1, (), generator=generator, device=self.device))
        part, seen = slice(left, left + columns), slice(STRIDE * left, STRIDE * (left + columns))
        return pixels[..., seen], latents[..., part], walked[..., part]

    def _encoded(self, step: int) -> tuple[Tensor, Tensor]:
        """Pixels of a step's frames, mirrored in every other step, and their latents: the same for critic and model."""
        if self._newest is None or self._newest[0] != step:
            with waiting():
                frames = torch.from_numpy(self._stream.batch(step * ranks() + rank())).to(self.device)
            pixels = to_pixels(frames) if step % 2 else to_pixels(frames).flip(-1)
            with torch.no_grad(), autocast(self.device):
                self._newest = step, pixels, self.model.encode(pixels).float()
        return self._newest[1:]

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Originals above their reconstructions."""
        return self._samples.reconstructed(self.ema)


def balance(one: Tensor, other: Tensor, x: Tensor) -> Tensor:
    """Weight that makes the gradient of `other` in `x` as long as that of `one` (arXiv:2012.09841, equation 7)."""
    lengths = [torch.autograd.grad(loss, x, retain_graph=True)[0].norm() for loss in (one, other)]
    weight: Tensor = lengths[0] / lengths[1].clamp(min=1e-12)
    return weight.detach()
