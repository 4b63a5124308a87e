"""Frame autoencoder: one picture to one latent of an eighth of its size, and back, with no memory of other frames.

Plain residual convolutions without normalisation (as in tiny VAE decoders), so that a decode is a handful of fused
convolutions. Most work sits at a quarter of the picture's size, where convolutions run fastest on a CPU.

Letters: b batch, c latent channels, h and w picture height and width.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

STRIDE = 8
"""Picture pixels per latent cell, in both directions."""

_OUTER = 4  # the first half of the stride is a rearrangement of 4x4 pixels into channels
_INNER = STRIDE // _OUTER


@dataclass(frozen=True, kw_only=True)
class AutoencoderConfig:
    """Shape of the frame autoencoder."""

    latent_channels: int = 8
    outer_width: int = 128
    """Channels at a quarter of the picture's size."""
    inner_width: int = 192
    """Channels at an eighth of the picture's size."""
    encoder_blocks: tuple[int, int] = (2, 2)
    """Residual blocks of the encoder: outer, inner."""
    decoder_blocks: tuple[int, int] = (3, 4)
    """Residual blocks of the decoder: inner, outer."""

    def __post_init__(self) -> None:
        widths = (self.latent_channels, self.outer_width, self.inner_width)
        if not all(1 <= width <= 4096 for width in widths):
            raise ValueError("latent_channels, outer_width and inner_width must lie in 1..4096")
        if not all(0 <= blocks <= 64 for blocks in (*self.encoder_blocks, *self.decoder_blocks)):
            raise ValueError("encoder_blocks and decoder_blocks must lie in 0..64")


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose output starts at zero, added to the input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """(b, width, h, w) -> the same shape."""
        out: Tensor = x + self.conv2(F.silu(self.conv1(F.silu(x))))
        return out


class Autoencoder(nn.Module):
    """Encoder and decoder with the statistics that bring latents to mean 0 and deviation 1 per channel."""

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        outer, inner, latent = config.outer_width, config.inner_width, config.latent_channels
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(_OUTER),
            nn.Conv2d(3 * _OUTER**2, outer, 3, padding=1),
            *(ResidualBlock(outer) for _ in range(config.encoder_blocks[0])),
            nn.PixelUnshuffle(_INNER),
            nn.Conv2d(outer * _INNER**2, inner, 1),
            *(ResidualBlock(inner) for _ in range(config.encoder_blocks[1])),
            nn.Conv2d(inner, latent, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(latent, inner, 3, padding=1),
            *(ResidualBlock(inner) for _ in range(config.decoder_blocks[0])),
            nn.Conv2d(inner, outer * _INNER**2, 1),
            nn.PixelShuffle(_INNER),
            *(ResidualBlock(outer) for _ in range(config.decoder_blocks[1])),
            nn.Conv2d(outer, 3 * _OUTER**2, 3, padding=1),
            nn.PixelShuffle(_OUTER),
        )
        self.register_buffer("latent_mean", torch.zeros(latent))
        self.register_buffer("latent_std", torch.ones(latent))

    def encode(self, pixels: Tensor) -> Tensor:
        """Pixels (b, 3, h, w) in [-1, 1], sides divisible by 8 -> normalised latents (b, c, h/8, w/8)."""
        raw: Tensor = self.encoder(pixels)
        return (raw - self.latent_mean[:, None, None]) / self.latent_std[:, None, None]

    def decode(self, latents: Tensor) -> Tensor:
        """Normalised latents (b, c, h/8, w/8) -> pixels (b, 3, h, w), nominally in [-1, 1], not clamped."""
        raw = latents * self.latent_std[:, None, None] + self.latent_mean[:, None, None]
        pixels: Tensor = self.decoder(raw)
        return pixels


def to_pixels(frames: Tensor) -> Tensor:
    """Bytes (b, h, w, 3) in 0..255 -> float32 pixels (b, 3, h, w) in [-1, 1], channels last in memory."""
    return frames.permute(0, 3, 1, 2).float().mul(2 / 255).sub(1)


def to_frames(pixels: Tensor) -> Tensor:
    """Pixels (b, 3, h, w) in [-1, 1] (clamped here) -> bytes (b, h, w, 3) in 0..255."""
    return pixels.float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
