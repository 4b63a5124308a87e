"""The cache stands for the whole past: sink and window of it, however long the session has been running."""

from dataclasses import replace
from typing import Literal

import pytest
import torch
from torch import Tensor

from model.cache import KeyValueCache
from model.positions import PositionConfig
from model.transformer import Transformer

from ..tiny_world import tiny_transformer

LAYERS = 2


class Walk:
    """Random queries, keys and values of every frame, all of them remembered."""

    def __init__(self, kind: Literal["grid", "rays"], sink: int, window: int, frames: int) -> None:
        config = replace(tiny_transformer().config, positions=PositionConfig(kind=kind))
        self.model, self.sink, self.window = Transformer(config), sink, window
        generator = torch.Generator().manual_seed(0)
        shape = (frames + 1, 3, LAYERS, config.tokens, config.heads, config.head_dim)
        self.clean, self.noisy = (torch.randn(shape, generator=generator) for _ in range(2))
        """Frames of queries, keys and values (3, layers, n, h, d), not rotated."""
        self.poses = (torch.randn((frames + 1, 2), generator=generator).double() * 20).cumsum(0)

    def expected(self, i: int, layer: int, frame: Tensor) -> Tensor:
        """What `frame` sees as frame number i of the walk: every pair of tokens on its own, in double, no cache.

        The sink stands just before the window, so it is as far away as if the frames between had never been.
        """
        seen = [j for j in range(i) if j < self.sink or j >= i - self.window]
        forgotten = i - len(seen)
        index = torch.tensor([j + forgotten if j < self.sink else j for j in seen] + [i])
        phases = self.model.positions.phases(index, self.poses[None, [*seen, i]])[0]
        q, k, v = torch.cat((self.clean[seen], frame[None]))[:, :, layer].transpose(0, 1).flatten(1, 2)
        q = as_pairs(q[-self.model.config.tokens :])
        difference = phases[None] - phases[-len(q) :, None]  # (queries, keys, pairs)
        turn = torch.polar(torch.ones_like(difference), difference)[:, :, None]
        scores = (q[:, None].conj() * as_pairs(k) * turn).real.sum(-1) / k.shape[-1] ** 0.5
        values = as_pairs(v) * turn if self.model.positions.rotates_values else as_pairs(v)
        mixed = (scores.softmax(1)[..., None] * values).sum(1)
        return torch.cat((mixed.real, mixed.imag), dim=-1).float()

    def compare(self, seen: Tensor, i: int, layer: int, frame: Tensor) -> None:
        torch.testing.assert_close(seen, self.expected(i, layer, frame), atol=1e-4, rtol=1e-4)


def as_pairs(x: Tensor) -> Tensor:
    """Channels (..., d) that are rotated against each other as complex numbers (..., d/2)."""
    return torch.complex(*x.double().chunk(2, dim=-1))


@pytest.mark.parametrize(
    ("kind", "sink", "window", "frames"),
    [("rays", 1, 3, 1_030), ("grid", 2, 3, 1_030), ("rays", 2, 5, 24), ("grid", 0, 2, 12), ("rays", 3, 1, 12)],
)
def test_the_ring_equals_the_whole_past(kind: Literal["grid", "rays"], sink: int, window: int, frames: int) -> None:
    """Past four windows and past 1,024 frames: evaluated alone, written alone, and both at once."""
    walk = Walk(kind, sink, window, frames)
    cache = KeyValueCache(walk.model, sink=sink, window=window)
    for i in range(frames):
        if i < sink + 4 * window or i >= frames - window - 1:
            view = cache.view(walk.poses[i])
            for frame in (walk.noisy[i], walk.clean[i]):
                for layer in range(LAYERS):
                    walk.compare(view(layer, *frame[:, None, layer])[0], i, layer, frame)
            step = cache.step(walk.poses[i], walk.poses[i + 1])
            both = torch.cat((walk.clean[i], walk.noisy[i + 1]), dim=2)
            for layer in range(LAYERS):
                newest, following = step(layer, *both[:, None, layer])[0].chunk(2)
                walk.compare(newest, i, layer, walk.clean[i])
                walk.compare(following, i + 1, layer, walk.noisy[i + 1])
        keys, values = (list(part[:, None]) for part in walk.clean[i, 1:])
        cache.write(torch.stack(keys), torch.stack(values), walk.poses[i])
