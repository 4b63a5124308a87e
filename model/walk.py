"""Frame after frame from a transformer: the cache, the newest frame, and one step from it to the next.

The clean write of the newest frame rides along with the first evaluation of the next, which costs n evaluations per
frame instead of n + 1 (reference section 10.4).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from .cache import KeyValueCache
from .sampler import Predict, Sample, sample
from .stillness import NOTHING_NEW
from .transfer import Download
from .transformer import Transformer

Lap = Callable[[str], None]
"""Hears the name of each part of a step when it is done."""


@dataclass(frozen=True)
class Newest:
    """The newest frame, generated or given; it is written to the cache when the next one is begun."""

    latent: Tensor
    """(b, 1, c, h, w)."""
    vector: Tensor
    """Action (b, 1, 11) that made it."""
    pose: Tensor
    """Camera (2,) or (b, 2) in degrees, float64, on the CPU."""


class Evaluator(Protocol):
    """Computes the network for a walk."""

    def first(
        self, cache: KeyValueCache, newest: Newest, x: Tensor, t: Tensor, vector: Tensor, pose: Tensor
    ) -> tuple[Tensor, Predict]:
        """Evaluate the next frame for the first time, and write the newest to the cache.

        x (b, 1, c, h, w) is the next frame at timestep t, `vector` (b, 1, 11) its action, `pose` (2,) or (b, 2) that
        of its camera. Returns the velocity (b, 1, c, h, w) and what evaluates the same frame again.
        """


class ModelEvaluator:
    """The network as it was trained."""

    def __init__(self, model: Transformer) -> None:
        """Evaluate `model`, with the weights that it has at each evaluation."""
        self._model = model

    def first(
        self, cache: KeyValueCache, newest: Newest, x: Tensor, t: Tensor, vector: Tensor, pose: Tensor
    ) -> tuple[Tensor, Predict]:
        """See `Evaluator`."""
        step = cache.step(newest.pose, pose)
        latents = torch.cat((newest.latent, x), dim=1)
        times = torch.cat((_times(x, 0.0), _times(x, t)), dim=1)
        velocity = self._model(latents, times, torch.cat((newest.vector, vector), dim=1), step)[:, 1:]
        cache.write(torch.stack(step.keys), torch.stack(step.values), newest.pose, placed=True)
        view = cache.view(pose)

        def again(x: Tensor, t: Tensor) -> Tensor:
            v: Tensor = self._model(x, _times(x, t), vector, view)
            return v

        return velocity, again


@dataclass(frozen=True)
class _Doubt:
    """A frame of which nobody has asked yet whether it shows anything new."""

    apart: Download
    """Mean squared difference of it and of the frame that was the newest `before`."""
    before: Newest
    mark: tuple[Tensor, ...]


class Walk:
    """One sequence of frames, or several that go in step; nothing of it is differentiable."""

    def __init__(
        self, model: Transformer, *, sink: int, window: int, batch: int = 1, evaluator: Evaluator | None = None
    ) -> None:
        """An empty past; the first frame has to be given. The model computes unless an `evaluator` does so sooner."""
        self._cache = KeyValueCache(model, sink=sink, window=window, batch=batch)
        self._newest: Newest | None = None
        self._doubt: _Doubt | None = None
        self._model = model
        self._evaluator: Evaluator = evaluator or ModelEvaluator(model)

    @property
    def cache(self) -> KeyValueCache:
        """What is remembered; after an idle step this waits until its frame is drawn, which a GPU may be at."""
        self._settle()
        return self._cache

    @property
    def newest(self) -> Newest | None:
        """What the next frame follows; waits as `cache` does. None before the first."""
        self._settle()
        return self._newest

    @newest.setter
    def newest(self, newest: Newest) -> None:
        self._settle()
        self._newest = newest

    @torch.no_grad()
    def give(self, newest: Newest) -> None:
        """Go on from a frame that was not generated here."""
        if self.newest is not None:
            view = self.cache.view(self.newest.pose)
            self._model(self.newest.latent, _times(self.newest.latent, 0.0), self.newest.vector, view)
            self.cache.write(torch.stack(view.keys), torch.stack(view.values), self.newest.pose)
        self.newest = newest

    @torch.no_grad()
    def step(
        self,
        vector: Tensor,
        pose: Tensor,
        kind: Literal["consistency", "euler"],
        timesteps: Tensor,
        draw: Callable[[], Tensor],
        lap: Lap = lambda name: None,
        *,
        look: Callable[[Tensor], Tensor] = lambda latent: latent,
        idle: bool = False,
    ) -> Sample[Tensor]:
        """Generate the next frame (b, 1, c, h, w) under action `vector` (b, 1, 11) and camera `pose`.

        `look` makes of what was drawn the latent that is remembered of it (`WorldSpec.remembers`).
        `idle` says that no hand does anything: a frame that then shows nothing new is not remembered (`stillness`).
        Whether it does is asked when somebody has to know, the next step at last: until then a GPU may take its time.
        """
        newest, cache, evaluations = self.newest, self.cache, 0
        assert newest is not None
        mark = cache.mark() if idle else None
        again: Predict | None = None

        def predict(x: Tensor, t: Tensor) -> Tensor:
            """The first evaluation of a frame also writes the newest; later ones see what was written."""
            nonlocal evaluations, again
            if again is None:
                v, again = self._evaluator.first(cache, newest, x, t, vector, pose)
            else:
                v = again(x, t)
            evaluations += 1
            lap(f"evaluate {evaluations}")
            return v

        drawn = sample(kind, timesteps, predict, draw)
        seen = look(drawn.latent)
        self.newest = Newest(seen, vector, pose)
        if mark is not None:
            apart = Download((seen - newest.latent).square().mean())
            self._doubt = _Doubt(apart, newest, mark)
        return drawn

    @torch.no_grad()
    def _settle(self) -> None:
        """Forget the frame that was drawn last if it shows nothing new; the one before will be written again."""
        doubt, self._doubt = self._doubt, None
        if doubt is not None and float(doubt.apart.wait()) < NOTHING_NEW:
            self._cache.back(doubt.mark)
            self._newest = doubt.before


def _times(x: Tensor, t: Tensor | float) -> Tensor:
    """Timesteps (b, 1) of frames x (b, 1, c, h, w)."""
    return torch.full((len(x), 1), float(t), device=x.device)
