"""The generator: a diffusion transformer over latent frames, shaped and named like Wan2.1's.

AdaLN modulation per frame from timestep and action, RMS-normalised queries and keys, rotary positions, GELU-tanh
feed-forward (Wan2.1 technical report, arXiv:2503.20314; reference section 8). The action enters as in the `adaln`
injection of the design: its embedding is added to the timestep's.

Letters: b batch, f frames, c h w latent channels, height, width, n tokens per frame, e model width.
"""

import math
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .actions import ACTION_SIZE
from .attention import Attend
from .positions import PositionConfig, RotaryPositions

PATCH = 2
"""Latent cells per token, in both directions."""

_FREQUENCIES = 256
_MOST_LAYERS = 512  # even a layer without memory takes some to be described


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """Shape of the generator."""

    latent_channels: int = 8
    rows: int = 12
    """Latent height; even."""
    columns: int = 20
    """Latent width; even."""
    width: int = 256
    depth: int = 8
    heads: int = 4
    ffn: int = 1024
    positions: PositionConfig = field(default_factory=PositionConfig)

    def __post_init__(self) -> None:
        sizes = (self.latent_channels, self.rows, self.columns, self.width, self.depth, self.heads, self.ffn)
        if min(sizes) < 1 or max(sizes) > 65536:
            raise ValueError("sizes must lie in 1..65536 (latent_channels, rows, columns, width, depth, heads, ffn)")
        if self.depth > _MOST_LAYERS:
            raise ValueError(f"depth is {self.depth}, it must be at most {_MOST_LAYERS}")
        if self.rows % PATCH or self.columns % PATCH:
            raise ValueError(f"rows {self.rows} and columns {self.columns} must be divisible by {PATCH}")
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ValueError(f"width {self.width} must be an even multiple of heads {self.heads}")

    @property
    def tokens(self) -> int:
        """Tokens per frame."""
        return self.rows * self.columns // PATCH**2

    @property
    def head_dim(self) -> int:
        """Channels per head."""
        return self.width // self.heads


class RMSNorm(nn.Module):
    """RMS normalisation with a weight; the norm is one fp32 operation, which a CPU does at twice the speed."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """(..., width) -> the same shape and precision."""
        return rms_norm(x, self.weight)


class SelfAttention(nn.Module):
    """Projections and normalisation around whichever `Attend` the forward brings."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self._heads = config.heads
        self.q = nn.Linear(config.width, config.width)
        self.k = nn.Linear(config.width, config.width)
        self.v = nn.Linear(config.width, config.width)
        self.o = nn.Linear(config.width, config.width)
        self.norm_q = RMSNorm(config.width)
        self.norm_k = RMSNorm(config.width)

    def project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(b, tokens, e) -> normalised queries, normalised keys and values of the same shape."""
        return self.norm_q(self.q(x)), self.norm_k(self.k(x)), self.v(x)

    def forward(self, x: Tensor, layer: int, attend: Attend) -> Tensor:
        """(b, tokens, e) -> (b, tokens, e)."""
        q, k, v = (part.view(*part.shape[:-1], self._heads, -1) for part in self.project(x))
        out: Tensor = self.o(attend(layer, q, k, v).flatten(-2))
        return out


class Block(nn.Module):
    """One layer: attention, then feed-forward, each shifted, scaled and gated by the frame's modulation."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.self_attn = SelfAttention(config)
        self.ffn = nn.Sequential(
            nn.Linear(config.width, config.ffn), nn.GELU(approximate="tanh"), nn.Linear(config.ffn, config.width)
        )
        self.modulation = nn.Parameter(torch.randn(1, 6, config.width) / math.sqrt(config.width))

    def forward(self, x: Tensor, e0: Tensor, layer: int, attend: Attend) -> Tensor:
        """x (b, f, n, e) with per-frame modulation e0 (b, f, 6, e) -> (b, f, n, e)."""
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.modulation + e0).unsqueeze(3).unbind(2)
        h = _normalised(x) * (1 + scale1) + shift1
        x = x + gate1 * self.self_attn(h.flatten(1, 2), layer, attend).view_as(x)
        h = _normalised(x) * (1 + scale2) + shift2
        out: Tensor = x + gate2 * self.ffn(h)
        return out


class Head(nn.Module):
    """Tokens back to latent patches."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.modulation = nn.Parameter(torch.randn(1, 2, config.width) / math.sqrt(config.width))
        self.head = nn.Linear(config.width, PATCH**2 * config.latent_channels)
        nn.init.zeros_(self.head.weight)

    def forward(self, x: Tensor, e: Tensor) -> Tensor:
        """x (b, f, n, e) with e (b, f, e) -> (b, f, n, 4 c)."""
        shift, scale = (self.modulation + e[:, :, None]).unsqueeze(3).unbind(2)
        out: Tensor = self.head(_normalised(x) * (1 + scale) + shift)
        return out


class Transformer(nn.Module):
    """Predicts the velocity of every frame it is given, seeing other frames as the given `Attend` allows."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.positions = RotaryPositions(
            config.positions, config.head_dim, config.rows // PATCH, config.columns // PATCH
        )
        self.patch_embedding = nn.Linear(PATCH**2 * config.latent_channels, width)
        self.time_embedding = nn.Sequential(nn.Linear(_FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.action_embedding = nn.Sequential(nn.Linear(ACTION_SIZE, width), nn.SiLU(), nn.Linear(width, width))
        self.time_projection = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.head = Head(config)

    def forward(
        self, latents: Tensor, t: Tensor, actions: Tensor, attend: Attend, told: Tensor | None = None
    ) -> Tensor:
        """Velocity (b, f, c, h, w) of latents (b, f, c, h, w) at timesteps t (b, f) under actions (b, f, 11).

        `told` (b, f) is 0 where the action is kept from the model (the unconditional branch of guidance), else 1; all 1
        if None. Where the camera points is told in any case, by the positions.
        """
        x, e = self.features(latents, t, actions, attend, told)
        return self._unpatches(self.head(x, e)).float()

    def features(
        self, latents: Tensor, t: Tensor, actions: Tensor, attend: Attend, told: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """What the head is given: tokens (b, f, n, e) after the last layer and the frames' embeddings (b, f, e)."""
        dtype = self.patch_embedding.weight.dtype
        embedding = timestep_embedding(t).to(dtype)
        action = self.action_embedding(actions.to(dtype))
        if told is not None:
            action = action * told[..., None].to(dtype)
        e = self.time_embedding(embedding) + action
        e0 = self.time_projection(e).unflatten(-1, (6, -1))
        x = self.patch_embedding(self._patches(latents.to(dtype)))
        for layer, block in enumerate(self.blocks):
            x = block(x, e0, layer, attend)
        return x, e

    def _patches(self, latents: Tensor) -> Tensor:
        """(b, f, c, h, w) -> (b, f, n, 4 c), a token's values in the order (row, column, channel)."""
        b, f, c, h, w = latents.shape
        split = latents.view(b, f, c, h // PATCH, PATCH, w // PATCH, PATCH)
        return split.permute(0, 1, 3, 5, 4, 6, 2).reshape(b, f, -1, PATCH**2 * c)

    def _unpatches(self, tokens: Tensor) -> Tensor:
        """Inverse of `_patches`."""
        b, f = tokens.shape[:2]
        rows, columns = self.config.rows // PATCH, self.config.columns // PATCH
        split = tokens.view(b, f, rows, columns, PATCH, PATCH, -1)
        return split.permute(0, 1, 6, 2, 4, 3, 5).reshape(b, f, -1, rows * PATCH, columns * PATCH)


def timestep_embedding(t: Tensor) -> Tensor:
    """Timesteps in [0, 1000] of any shape -> (..., 256) in fp32: cosines, then sines."""
    frequencies = torch.exp(-math.log(10000) * torch.arange(_FREQUENCIES // 2, device=t.device) / (_FREQUENCIES // 2))
    phase = t.float()[..., None] * frequencies
    return torch.cat((phase.cos(), phase.sin()), dim=-1)


def rms_norm(x: Tensor, weight: Tensor) -> Tensor:
    """Bring the last dimension of x to root mean square 1 and scale it by `weight`."""
    norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True, dtype=torch.float32)
    scale = torch.rsqrt(norm.square() / x.shape[-1] + 1e-6)
    return x * scale.to(x.dtype) * weight.to(x.dtype)


def _normalised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)
