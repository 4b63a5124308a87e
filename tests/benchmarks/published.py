"""What the published frame-wise inference does per latent frame, restated, to be compared with.

Written from its description (reference sections 5, 8, 10): a Wan transformer with text cross-attention; n denoising
evaluations and one more of the clean frame, each alone; keys kept after rotation, rotated as complex doubles in every
layer; a cache per layer whose ends are tensors that the program reads back, shifted by clone and copy when it is full;
three separate products for queries, keys and values; timesteps looked up and clean latents found in double; no graph.
Attention is flash-attn where it is installed, as published, and else what torch chooses.

Letters: b batch, n tokens per frame, h heads, d channels per head, e width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.attention import attend
from model.transformer import PATCH, TransformerConfig

TEXT_TOKENS = 512
_FREQUENCIES = 256
_FRAMES = 1024  # of the table of rotations


@dataclass
class LayerCache:
    """Keys and values of one layer, (b, room, h, d), and how far they reach, counted from the start and in here."""

    keys: Tensor
    values: Tensor
    end: Tensor
    local_end: Tensor
    text: tuple[Tensor, Tensor] | None = None


class RMS(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-6)).to(x.dtype) * self.weight


class Attention(nn.Module):
    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.q, self.k, self.v, self.o = (nn.Linear(config.width, config.width) for _ in range(4))
        self.norm_q, self.norm_k = RMS(config.width), RMS(config.width)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1))

    def of_itself(self, x: Tensor, cache: LayerCache, turns: Tensor, grid: tuple[int, int], start: int, sink: int):  # type: ignore[no-untyped-def]
        """x (b, n, e), the frame whose first token has number `start` since the beginning."""
        q, k, v = self.split(self.norm_q(self.q(x))), self.split(self.norm_k(self.k(x))), self.split(self.v(x))
        frame = start // x.shape[1]
        q, k = turned(q, turns, grid, frame), turned(k, turns, grid, frame)
        end, new, room = start + x.shape[1], x.shape[1], cache.keys.shape[1]
        if end > cache.end.item() and new + cache.local_end.item() > room:
            gone = new + int(cache.local_end.item()) - room
            kept = int(cache.local_end.item()) - gone - sink
            for part in (cache.keys, cache.values):
                part[:, sink : sink + kept] = part[:, sink + gone : sink + gone + kept].clone()
            local_end = int(cache.local_end.item()) + end - int(cache.end.item()) - gone
        else:
            local_end = int(cache.local_end.item()) + end - int(cache.end.item())
        cache.keys[:, local_end - new : local_end], cache.values[:, local_end - new : local_end] = k, v
        mixed = attend(q, cache.keys[:, :local_end], cache.values[:, :local_end])
        cache.end.fill_(end)
        cache.local_end.fill_(local_end)
        return self.o(mixed.flatten(-2))

    def of_text(self, x: Tensor, text: Tensor, cache: LayerCache) -> Tensor:
        """x (b, n, e) sees text (b, 512, e), whose keys and values are found once."""
        if cache.text is None:
            cache.text = self.split(self.norm_k(self.k(text))), self.split(self.v(text))
        out: Tensor = self.o(attend(self.split(self.norm_q(self.q(x))), *cache.text).flatten(-2))
        return out


class Layer(nn.Module):
    def __init__(self, config: TransformerConfig, *, text: bool) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        if text:
            self.cross_attn, self.norm3 = Attention(config), nn.LayerNorm(config.width, eps=1e-6)
        self.text = text
        self.ffn = nn.Sequential(
            nn.Linear(config.width, config.ffn), nn.GELU(approximate="tanh"), nn.Linear(config.ffn, config.width)
        )
        self.modulation = nn.Parameter(torch.randn(1, 6, config.width) / config.width**0.5)


class Published(nn.Module):
    """The network, with Wan's own names of weights, and the loop around it."""

    def __init__(self, config: TransformerConfig, *, text: bool) -> None:
        super().__init__()
        self.config, self.text, width = config, text, config.width
        self.patch_embedding = nn.Conv3d(config.latent_channels, width, (1, PATCH, PATCH), (1, PATCH, PATCH))
        self.time_embedding = nn.Sequential(nn.Linear(_FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.time_projection = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))
        self.blocks = nn.ModuleList(Layer(config, text=text) for _ in range(config.depth))
        self.head = nn.Module()
        self.head.head = nn.Linear(width, PATCH**2 * config.latent_channels)
        self.head.modulation = nn.Parameter(torch.randn(1, 2, width) / width**0.5)
        d = config.head_dim
        side = 2 * (d // 6)
        self.turns = torch.cat([_turns(part) for part in (d - 2 * side, side, side)], dim=1)

    def caches(self, frames: int) -> list[LayerCache]:
        """Empty caches with room for so many frames, the one at work counted."""
        config, like = self.config, self.patch_embedding.weight
        shape = (1, frames * config.tokens, config.heads, config.head_dim)
        ends = torch.zeros(2 * config.depth, dtype=torch.long, device=like.device).split(1)
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return [LayerCache(like.new_zeros(shape), like.new_zeros(shape), *pair) for pair in pairs]

    def forward(
        self, latent: Tensor, t: Tensor, text: Tensor | None, caches: Sequence[LayerCache], frame: int, sink: int
    ) -> Tensor:
        """Velocity (1, c, h, w) of frame number `frame`, latent (1, c, h, w), at timestep t (1, 1)."""
        config, dtype = self.config, self.patch_embedding.weight.dtype
        x = self.patch_embedding(latent[:, :, None].to(dtype)).flatten(2).transpose(1, 2)
        self.turns = self.turns.to(latent.device)
        half = torch.arange(_FREQUENCIES // 2, dtype=torch.float64, device=latent.device) / (_FREQUENCIES // 2)
        phase = t.flatten().double()[:, None] * 10000.0**-half
        e = self.time_embedding(torch.cat((phase.cos(), phase.sin()), dim=1).to(dtype))
        e0 = self.time_projection(e).unflatten(1, (6, -1))
        grid = config.rows // PATCH, config.columns // PATCH
        for block, cache in zip(self.blocks, caches, strict=True):
            parts = (block.modulation + e0).chunk(6, dim=1)
            h = F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + parts[1]) + parts[0]
            mixed = block.self_attn.of_itself(h, cache, self.turns, grid, frame * config.tokens, sink * config.tokens)
            x = x + mixed * parts[2]
            if self.text:
                x = x + block.cross_attn.of_text(block.norm3(x), text, cache)
            h = F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + parts[4]) + parts[3]
            x = x + block.ffn(h) * parts[5]
        shift, scale = (self.head.modulation + e[:, None]).chunk(2, dim=1)
        out = self.head.head(F.layer_norm(x, x.shape[-1:], eps=1e-6) * (1 + scale) + shift)
        out = out.unflatten(1, grid).unflatten(-1, (PATCH, PATCH, -1))  # (1, rows, columns, 2, 2, c)
        velocity: Tensor = torch.einsum("brypqc->bcrpyq", out).reshape(1, -1, config.rows, config.columns).float()
        return velocity


class Rollout:
    """Frame after frame: n evaluations, and one of the clean frame to fill the cache."""

    def __init__(self, model: Published, *, sink: int, window: int, steps: Sequence[float]) -> None:
        """Attend to `sink` and `window` frames and the one at work."""
        self.model, self.sink, self.caches, self.frame = model, sink, model.caches(sink + window + 1), 0
        weight = model.patch_embedding.weight
        self.device, self.steps = weight.device, torch.tensor(steps, device=weight.device)
        self.levels = torch.linspace(1000, 0, 1001, dtype=torch.float64, device=self.device)
        shape = (1, TEXT_TOKENS, model.config.width)
        self.text = torch.randn(shape, device=self.device, dtype=weight.dtype) if model.text else None

    @torch.no_grad()
    def step(self, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Draw the next frame (1, c, h, w), from given noise if it has to be the same as somebody else's."""
        config = self.model.config
        shape = (1, config.latent_channels, config.rows, config.columns)
        x = self._noise(noise, 0, shape)
        for k, t in enumerate(self.steps):
            if k:
                x = ((1 - t.double() / 1000) * x + t.double() / 1000 * self._noise(noise, k, shape)).float()
            torch.argmin((self.levels - t.double()).abs())  # the noise level's place in its table
            v = self.model(x, t.expand(1, 1), self.text, self.caches, self.frame, self.sink)
            x = (x.double() - t.double() / 1000 * v.double()).float()
        self.write(x)
        return x

    @torch.no_grad()
    def write(self, x: Tensor) -> None:
        """Evaluate a clean frame once more for its keys and values."""
        clean = torch.zeros(1, 1, device=self.device)
        self.model(x, clean, self.text, self.caches, self.frame, self.sink)
        self.frame += 1

    def _noise(self, given: Sequence[Tensor] | None, k: int, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, device=self.device) if given is None else given[k]


def turned(x: Tensor, turns: Tensor, grid: tuple[int, int], frame: int) -> Tensor:
    """Rotate neighbouring channels of x (b, n, h, d) by frame, row and column, as complex doubles, sample by sample."""
    rows, columns = grid
    d = x.shape[-1] // 2
    side = d // 3
    of_time, of_row, of_column = turns.split((d - 2 * side, side, side), dim=1)
    out = []
    for sample in x:
        pairs = torch.view_as_complex(sample.double().reshape(*sample.shape[:-1], -1, 2))
        every = (
            of_time[frame : frame + 1].view(1, 1, -1).expand(rows, columns, -1),
            of_row[:rows].view(rows, 1, -1).expand(rows, columns, -1),
            of_column[:columns].view(1, columns, -1).expand(rows, columns, -1),
        )
        turn = torch.cat(every, dim=-1).reshape(rows * columns, 1, -1)
        out.append(torch.view_as_real(pairs * turn).flatten(2))
    return torch.stack(out).to(x.dtype)


def _turns(width: int) -> Tensor:
    frequencies = 10000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    phases = torch.outer(torch.arange(_FRAMES, dtype=torch.float64), frequencies)
    return torch.polar(torch.ones_like(phases), phases)
