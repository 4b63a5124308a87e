"""Stage `autoencoder`: reconstruct single frames.

Half of each batch is reconstructed after the same random shift and zoom of latent and picture (as in EQ-VAE,
arXiv:2502.09509): latents become smooth under the motions that a walking camera makes, which is what the generator has
to learn to apply. A little noise on the latents makes the decoder forgive the generator's small errors.
"""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from model.autoencoder import STRIDE, Autoencoder, AutoencoderConfig, to_pixels
from model.footage.clip import Dataset

from ..data.frames import FrameStream, FrameStreamConfig
from ..data_wait import waiting
from ..distributed import rank, ranks
from ..loop import LoopConfig, step_generator
from ..precision import autocast
from ..widening import widen_autoencoder
from .reconstruction import Samples, pixel_losses, psnr


@dataclass(frozen=True, kw_only=True)
class AutoencoderStageConfig:
    """Autoencoder training."""

    loop: LoopConfig
    model: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    data: FrameStreamConfig = field(default_factory=FrameStreamConfig)
    gradient_weight: float = 1.0
    """Weight of the L1 loss on differences between neighbouring pixels."""
    latent_noise: float = 0.1
    """Deviation of the noise on latents, as a share of each channel's own deviation in the batch."""
    moved: float = 0.5
    """Share of the batch that is shifted and zoomed."""
    max_shift: float = 2.0
    """Largest shift, in latent cells."""
    max_zoom: float = 1.25
    kept: float = 0.0
    """Weight of the squared distance from the latents that the run begins with, in the channels that were there."""


class AutoencoderStage:
    """Trains `Autoencoder` on single frames."""

    critic = None

    def __init__(
        self, dataset: Dataset, config: AutoencoderStageConfig, device: torch.device, start: Autoencoder | None = None
    ) -> None:
        """Build model and data stream; the model goes on from `start`, which may have fewer latent channels."""
        self.config, self.device = config, device
        torch.manual_seed(config.loop.seed)  # layers of nn.Module can draw their first weights from nowhere else
        model = Autoencoder(config.model) if start is None else widen_autoencoder(start, config.model.latent_channels)
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._before = None if start is None else copy.deepcopy(start).to(device).requires_grad_(False)
        self.ema = copy.deepcopy(self.model)
        self._stream = FrameStream(dataset, config.data, config.loop.seed)
        self._samples = Samples(dataset, device)

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole configuration."""
        return {"stage": "autoencoder"} | asdict(self.config)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """L1 of pixels and of their differences."""
        generator = step_generator(self.config.loop.seed, step, self.device)
        with waiting():
            frames = torch.from_numpy(self._stream.batch(step * ranks() + rank())).to(self.device)
        pixels = to_pixels(frames)
        if torch.rand((), generator=generator, device=self.device) < 0.5:
            pixels = pixels.flip(-1)
        with autocast(self.device):
            latents = self.model.encode(pixels).float()
            drift = self._drift(pixels, latents)
            spread = latents.detach().std((0, 2, 3), keepdim=True)
            noise = torch.randn(latents.shape, generator=generator, device=self.device)
            level = self.config.latent_noise * torch.rand(
                (len(latents), 1, 1, 1), generator=generator, device=self.device
            )
            latents = latents + level * spread * noise
            moved = round(self.config.moved * len(pixels))
            grid = self._motion(moved, generator)
            latents = torch.cat([_move(latents[:moved], grid), latents[moved:]])
            pixels = torch.cat([_move(pixels[:moved], grid), pixels[moved:]])
            decoded = self.model.decode(latents).float()
        l1, edges = pixel_losses(decoded, pixels)
        logs = {"l1": l1.detach(), "psnr": psnr(decoded[moved:], pixels[moved:]), "latent_std": spread.mean()}
        # latents have no scale of their own: a mild pull keeps them near deviation 1
        loss = l1 + self.config.gradient_weight * edges + 1e-3 * (latents.square().mean() - 1).square()
        if drift is None:
            return loss, logs
        return loss + self.config.kept * drift, logs | {"drift": drift.detach()}

    def _drift(self, pixels: Tensor, latents: Tensor) -> Tensor | None:
        """Mean squared distance of the latents from what the encoder made at the start; None where it began anew."""
        if self._before is None:
            return None
        with torch.no_grad():
            before: Tensor = self._before.encode(pixels).float()
        drift: Tensor = (latents[:, : before.shape[1]] - before).square().mean()
        return drift

    def _motion(self, count: int, generator: torch.Generator) -> Tensor:
        """Random affine maps (count, 2, 3) in the coordinates of `grid_sample`."""
        draw = torch.rand((count, 3), generator=generator, device=self.device) * 2 - 1
        zoom = self.config.max_zoom ** draw[:, 0]
        height, width = self._samples.frames.shape[1:3]
        shift = draw[:, 1:] * 2 * self.config.max_shift * STRIDE / torch.tensor([width, height], device=self.device)
        theta = torch.zeros((count, 2, 3), device=self.device)
        theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = zoom, zoom, shift
        return theta

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Originals above their reconstructions."""
        return self._samples.reconstructed(self.ema)


@torch.no_grad()
def measure_latents(model: Autoencoder, dataset: Dataset, device: torch.device, clips: int = 16) -> None:
    """Set the autoencoder's `latent_mean` and `latent_std` from every eighth frame of up to `clips` clips."""
    chosen = range(0, len(dataset.names), max(1, len(dataset.names) // clips))
    raw = torch.cat(
        [model.encoder(to_pixels(torch.from_numpy(dataset.read(i).frames[::8].copy()).to(device))) for i in chosen]
    )
    model.latent_mean.copy_(raw.mean((0, 2, 3)))
    model.latent_std.copy_(raw.std((0, 2, 3)))


def _move(maps: Tensor, theta: Tensor) -> Tensor:
    grid = F.affine_grid(theta, list(maps.shape), align_corners=False)
    return F.grid_sample(maps.float(), grid, padding_mode="reflection", align_corners=False)
