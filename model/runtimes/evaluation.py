"""One evaluation of the network in play, as a pure function of tensors whose shapes never change.

The model says what is computed (`model.transformer`), for any number of frames and any way to attend. A session only
ever asks two things of it: the newest frame together with the next one, and the next one alone. Written for that, with
the context as a plain argument, it can be compiled, captured as a graph, or exported; it computes the same.

What is known before is computed before: queries, keys and values are one product, embeddings of timesteps are looked
up, every frame's rotation is found once and handed in.

Letters: f frames (1 or 2), n tokens per frame, l layers, s frames of context, h heads, d channels per head, e width.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..positions import rotate
from ..transformer import PATCH, Block, Transformer, rms_norm


class Evaluation(nn.Module):
    """The network for `forward`, in the model's precision and on its device."""

    def __init__(self, model: Transformer, *, slots: int) -> None:
        """Take the weights of `model` as they are now, for a cache of that many `slots`."""
        super().__init__()
        self.config, self._slots = model.config, slots
        self.patch_embedding = model.patch_embedding
        self.action_embedding = model.action_embedding
        self.time_projection = model.time_projection
        self.layers = nn.ModuleList(_Layer(block, model) for block in model.blocks if isinstance(block, Block))
        self.head = model.head.head
        self.head_modulation = model.head.modulation
        self.requires_grad_(False)

    def forward(
        self,
        latents: Tensor,
        times: Tensor,
        actions: Tensor,
        cos: Tensor,
        sin: Tensor,
        keys: Tensor,
        values: Tensor,
        hidden: Tensor,
    ) -> tuple[Tensor, ...]:
        """Evaluate f frames that see a context of s frames and each other.

        Returns the velocity of the last one, (1, 1, c, h, w) in fp32; the keys and values of the first one in every
        layer, not rotated, (l, n, h, d); and both again at that frame's own position.

        Args:
            latents: (f, c, h, w), fp32.
            times: embeddings of the timesteps, (f, e).
            actions: (f, 11).
            cos: of the frames' positions, as `positions.paired` gives them, (f n, 1, d).
            sin: likewise.
            keys: rotated keys of the context as `KeyValueCache.by_heads` has them, (l, h, (slots + 1 + sink) n, d).
            values: likewise.
            hidden: by `static.by_tokens`, (f n, (slots + sink + f) n), added to scores: -inf hides a key.
        """
        frames = len(latents)
        e = times + self.action_embedding(actions)
        e0 = self.time_projection(e).unflatten(-1, (6, -1))
        x = self.patch_embedding(self._patches(latents.to(times.dtype)))
        tokens = self.config.tokens
        kept, sink = slice(self._slots * tokens), slice((self._slots + 1) * tokens, None)  # between them: room to work
        collected: list[tuple[Tensor, ...]] = []
        for number, layer in enumerate(self.layers):
            context = tuple(part[number, :, span] for part in (keys, values) for span in (kept, sink))
            asked = frames - 1 if number == len(self.layers) - 1 else 0  # of the last layer only the next is needed
            x, own = layer(x, e0, cos, sin, context, hidden, asked)
            collected.append(own)
        shift, scale = (self.head_modulation + e[frames - 1 :, None]).unbind(1)
        velocity = self._unpatches(self.head(_normalised(x) * (1 + scale) + shift))
        return velocity.float()[None], *(torch.stack(parts) for parts in zip(*collected, strict=True))

    def _patches(self, latents: Tensor) -> Tensor:
        """(f, c, h, w) -> (f, n, 4 c)."""
        f, c, h, w = latents.shape
        split = latents.view(f, c, h // PATCH, PATCH, w // PATCH, PATCH)
        return split.permute(0, 2, 4, 3, 5, 1).reshape(f, -1, PATCH**2 * c)

    def _unpatches(self, tokens: Tensor) -> Tensor:
        """(1, n, 4 c) -> (1, c, h, w)."""
        rows, columns = self.config.rows // PATCH, self.config.columns // PATCH
        split = tokens.view(1, rows, columns, PATCH, PATCH, -1)
        return split.permute(0, 5, 1, 3, 2, 4).reshape(1, -1, rows * PATCH, columns * PATCH)


class _Layer(nn.Module):
    """One block, its three projections joined."""

    def __init__(self, block: Block, model: Transformer) -> None:
        super().__init__()
        attention, config = block.self_attn, model.config
        self._heads, self._rotates_values = config.heads, model.positions.rotates_values
        self._tokens = config.tokens
        parts = (attention.q, attention.k, attention.v)
        self.project = nn.Linear(config.width, 3 * config.width, device="meta")
        self.project.weight = nn.Parameter(torch.cat([part.weight.detach() for part in parts]))
        self.project.bias = nn.Parameter(torch.cat([part.bias.detach() for part in parts]))
        self.norm_q, self.norm_k = attention.norm_q.weight, attention.norm_k.weight
        self.out, self.ffn, self.modulation = attention.o, block.ffn, block.modulation

    def forward(
        self, x: Tensor, e0: Tensor, cos: Tensor, sin: Tensor, context: tuple[Tensor, ...], hidden: Tensor, asked: int
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """x (f, n, e) -> frames from `asked` on, and the first frame's keys and values, plain and rotated."""
        keys, keys_of_sink, values, values_of_sink = context
        shift1, scale1, gate1, shift2, scale2, gate2 = (self.modulation + e0).unsqueeze(2).unbind(1)
        q, k, v = self._projected(_normalised(x) * (1 + scale1) + shift1)
        turned_k = rotate(k, cos, sin)
        turned_v = rotate(v, cos, sin) if self._rotates_values else v
        first, later = slice(self._tokens), slice(asked * self._tokens, None)
        x, gate1, shift2, scale2, gate2 = (part[asked:] for part in (x, gate1, shift2, scale2, gate2))
        cos, sin, hidden = cos[later], sin[later], hidden[later]
        turned_q = rotate(q[later], cos, sin)
        q, own_keys, own_values = (part.transpose(0, 1) for part in (turned_q, turned_k, turned_v))  # (h, tokens, d)
        all_keys = torch.cat((keys, keys_of_sink, own_keys), dim=1)
        all_values = torch.cat((values, values_of_sink, own_values), dim=1)
        mixed = _attended(q[None], all_keys[None], all_values[None], hidden)[0].transpose(0, 1)
        mixed = rotate(mixed, cos, sin, back=True) if self._rotates_values else mixed
        x = x + gate1 * self.out(mixed.reshape(x.shape))
        x = x + gate2 * self.ffn(_normalised(x) * (1 + scale2) + shift2)
        return x, (k[first], v[first], turned_k[first], turned_v[first])

    def _projected(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(f, n, e) -> normalised queries, normalised keys and values (f n, h, d)."""
        q, k, v = self.project(x).flatten(0, 1).chunk(3, dim=-1)
        normal = rms_norm(q, self.norm_q), rms_norm(k, self.norm_k), v
        q, k, v = (part.reshape(len(part), self._heads, -1) for part in normal)
        return q, k, v


def _attended(q: Tensor, k: Tensor, v: Tensor, hidden: Tensor) -> Tensor:
    """Softmax attention, q (1, h, queries, d), k and v (1, h, keys, d).

    In bf16 it is written as products, whose scores are rounded to bf16 as those of the gradient are that the model was
    trained with: compiled for a processor, they take two thirds of the time of torch's own attention.
    """
    if q.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=hidden)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    return torch.softmax(scores + hidden, dim=-1) @ v


def _normalised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=1e-6)
