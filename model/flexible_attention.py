"""Teacher forcing as one block-sparse attention, compiled for a GPU (FlexAttention, arXiv:2412.05496).

Frame by frame, a GPU spends its time on starting many small kernels and on copying the keys that frames share. Here all
queries meet all keys in one kernel, which passes over every tile of pairs that no frame may see.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, flex_attention

TILE = 128
"""Queries, and keys, of a tile: the kernels' own size."""


@lru_cache(16)
def teacher_forced_mask(frames: int, sink: int, window: int, tokens: int, device: torch.device) -> BlockMask:
    """Mask of the tokens of `seen_frames`, `tokens` per frame."""
    return frame_mask(seen_frames(frames, sink, window), tokens, device)


def seen_frames(frames: int, sink: int, window: int) -> Tensor:
    """Which frame sees which, (2 f, 2 f + m) bool, by the cache's rule (`Reach`).

    Queries are [clean frames 0..f-1 | noisy frames 1..f]. Keys are the same, and behind them the sink once more for
    each frame past sink + window, rotated to just before its window.
    """
    slots = sink + window
    frame = torch.cat((torch.arange(frames), torch.arange(1, frames + 1)))[:, None]
    other = torch.arange(frames)
    clean = (other < frame) & ((frame <= slots) | (other >= frame - window))
    seen = torch.eye(2 * frames, dtype=torch.bool)
    seen[:, :frames] |= clean
    moved = torch.arange(slots + 1, max(slots, frames) + 1).repeat_interleave(sink)
    return torch.cat((seen, moved == frame), dim=1)


def frame_mask(seen: Tensor, tokens: int, device: torch.device) -> BlockMask:
    """Block mask of `seen` (frames of queries, frames of keys) bool, with `tokens` per frame.

    Counted frame by frame: torch's own way writes down every pair of tokens, gigabytes for large frames.
    """
    queries, keys = (_tokens_in_tiles(frames, tokens) for frames in seen.shape)
    pairs = queries @ seen.double() @ keys.T
    whole = pairs == TILE**2
    on_device = seen.to(device)

    def mask(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        return on_device[query // tokens, key // tokens]

    listed = (_listed((pairs > 0) & ~whole, device), _listed(whole, device))
    lengths = (seen.shape[0] * tokens, seen.shape[1] * tokens)
    return BlockMask.from_kv_blocks(*listed[0], *listed[1], BLOCK_SIZE=TILE, mask_mod=mask, seq_lengths=lengths)


class MaskedAttention:
    """Softmax attention over the keys that a mask shows, compiled by itself or as part of what calls it."""

    def __init__(self, mask: BlockMask) -> None:
        self._mask, self._attend = mask, _compiled()

    def __call__(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """Queries, keys and values (b, tokens, h, d), as many as the mask has."""
        out: Tensor = self._attend(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), block_mask=self._mask)
        return out.transpose(1, 2)


@cache
def works_on(kind: str) -> bool:
    """Whether this can train on devices of this kind: only CUDA's have a gradient, and a compiler has to be there.

    Tried once per process, on two frames of a tile each.
    """
    if kind != "cuda":
        return False
    seen = torch.tensor([[True, False], [True, True]])
    q, k, v = (torch.randn(1, 2 * TILE, 1, 64, device=kind, dtype=torch.bfloat16).requires_grad_() for _ in range(3))
    try:
        out = MaskedAttention(frame_mask(seen, TILE, q.device))(q, k, v)
        gradients = torch.autograd.grad(out.float().sum(), (q, k, v))
    except Exception:  # a compiler that is missing or fails says so in any way
        return False
    return all(bool(tensor.isfinite().all()) for tensor in (out, *gradients))


@cache
def _compiled() -> Callable[..., Any]:
    return torch.compile(flex_attention, dynamic=False)


def _tokens_in_tiles(frames: int, tokens: int) -> Tensor:
    """How many tokens of each frame lie in each tile, (tiles, frames) float64."""
    token = torch.arange(frames * tokens)
    counts = torch.zeros(-(-len(token) // TILE), frames, dtype=torch.float64)
    return counts.index_put_((token // TILE, token // tokens), torch.ones((), dtype=torch.float64), accumulate=True)


def _listed(chosen: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    """(rows, columns) bool -> how many of each row (1, 1, rows), and which, those first (1, 1, rows, columns)."""
    which = chosen.int().argsort(dim=1, descending=True, stable=True)
    counts = chosen.sum(1)
    return counts.int()[None, None].to(device), which.int()[None, None].to(device)
