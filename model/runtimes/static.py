"""A walk's network computed by functions of static shape: what they are given, and what becomes of what they give."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..autoencoder import Autoencoder, to_frames, to_pixels
from ..cache import KeyValueCache
from ..sampler import Predict
from ..transformer import Transformer, timestep_embedding
from ..walk import Newest
from .visible import visible

Evaluate = Callable[..., Sequence[Tensor]]
"""`Evaluation.forward`, or what was made of it; its parts in the same order."""


class StaticEvaluator:
    """An `Evaluator` for one sequence, by two functions of static shape."""

    def __init__(self, model: Transformer, two: Evaluate, one: Evaluate) -> None:
        """Compute with `two` for the newest frame and the next together, with `one` for the next alone."""
        self._model, self._two, self._one = model, two, one
        self._weight = model.patch_embedding.weight
        self._embeddings: dict[float, Tensor] = {}
        self._seen: dict[int, tuple[Tensor, Tensor]] = {}  # in a full context, by the slot that is written next

    def first(
        self, cache: KeyValueCache, newest: Newest, x: Tensor, t: Tensor, vector: Tensor, pose: Tensor
    ) -> tuple[Tensor, Predict]:
        """See `Evaluator`."""
        frame, tokens = cache.count, self._model.config.tokens
        own, following = cache.rotation(frame, newest.pose), cache.rotation(frame + 1, pose)
        cos, sin = torch.cat((own.cos[0], following.cos[0])), torch.cat((own.sin[0], following.sin[0]))
        actions = torch.cat((newest.vector[0], vector[0])).to(self._weight.dtype)
        seen_by_both, seen_by_next = self._seen_in(cache)
        cache.prepare()
        keys, values = (rotated[:, 0] for rotated in cache.by_heads())
        latents = torch.cat((newest.latent[0], x[0]))
        times = torch.cat((self._embedding(0.0), self._embedding(float(t))))
        velocity, own_keys, own_values = self._two(latents, times, actions, cos, sin, keys, values, seen_by_both)[:3]
        # turned anew by the cache, as `load` does it: a fused kernel rounds otherwise, and a saved walk would go astray
        cache.write(own_keys[:, None], own_values[:, None], newest.pose, rotation=own)

        def again(x: Tensor, t: Tensor) -> Tensor:
            alone = actions[1:], cos[tokens:], sin[tokens:], keys, values, seen_by_next
            return self._one(x[0], self._embedding(float(t)), *alone)[0]

        return velocity, again

    def _embedding(self, t: float) -> Tensor:
        """Embedding (1, e) of a timestep; a world has few."""
        if t not in self._embeddings:
            phases = timestep_embedding(torch.tensor([t], device=self._weight.device)).to(self._weight.dtype)
            self._embeddings[t] = self._model.time_embedding(phases)
        return self._embeddings[t]

    def _seen_in(self, cache: KeyValueCache) -> tuple[Tensor, Tensor]:
        """What the newest frame and the next see, (2 n, (s + 2) n), and what the next sees alone, (n, (s + 1) n)."""
        if cache.full and (known := self._seen.get(cache.slot(cache.count))) is not None:
            return known
        frames = visible(cache.count, slots=len(cache.poses), sink=cache.sink)
        both, alone = (by_tokens(torch.from_numpy(part), self._model.config.tokens).to(self._weight) for part in frames)
        if cache.full:
            self._seen[cache.slot(cache.count)] = both, alone
        return both, alone


def by_tokens(seen: Tensor, tokens: int) -> Tensor:
    """Repeat what each frame sees of each, as `visible.visible` says it, for so many tokens of every frame."""
    return seen.repeat_interleave(tokens, 0).repeat_interleave(tokens, 1)


class Decoding(nn.Module):
    """The decoder, up to the bytes of a picture."""

    def __init__(self, autoencoder: Autoencoder, dtype: torch.dtype) -> None:
        """Decode in precision `dtype`, which is that of `autoencoder`."""
        super().__init__()
        self.autoencoder, self._dtype = autoencoder, dtype
        self.requires_grad_(False)

    def forward(self, latents: Tensor) -> Tensor:
        """Normalised latents (b, c, h/8, w/8) -> bytes (b, h, w, 3)."""
        return to_frames(self.autoencoder.decode(latents.to(self._dtype, memory_format=torch.channels_last)))


class Encoding(nn.Module):
    """The encoder, from the bytes of a picture: what a world remembers that remembers pictures."""

    def __init__(self, autoencoder: Autoencoder, dtype: torch.dtype) -> None:
        """Encode in precision `dtype`, which is that of `autoencoder`."""
        super().__init__()
        self.autoencoder, self._dtype = autoencoder, dtype
        self.requires_grad_(False)

    def forward(self, frames: Tensor) -> Tensor:
        """Bytes (b, h, w, 3) -> normalised latents (b, c, h/8, w/8), fp32."""
        return self.autoencoder.encode(to_pixels(frames).to(self._dtype)).float()
