"""Stage `init --method causal-cd`: causal consistency distillation of an AR diffusion model (Causal Forcing++).

From data at t the frozen teacher takes one Euler step along its own ODE to t', and the student's picture from t must be
the EMA student's picture from t'. Clean context is ground truth under teacher forcing (or what `ContextConfig` makes
of it); no trajectory is ever stored.
Unlike the published code the step, timesteps and loss are fp32, and the terminal pair (t, 0), whose target is the
clean latent itself, is part of the grid (reference section 3.1).
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from model.schedule import T_MAX, add_noise, timestep_grid, to_x0
from model.transformer import Transformer

from ..data.latents import ClipBatch, LatentCache
from ..looking import Look, as_drawn
from ..loop import step_generator
from ..preview import Preview
from .forcing import (
    CausalConfig,
    CausalStage,
    compile_layers,
    draw_noise,
    frame_weights,
    imperfect_context,
    teacher_forced,
    weighted_mse,
)
from .matching import guided

Velocity = Callable[[Tensor, Tensor], Tensor]
"""(x_t, t) -> velocity of the same shape."""


@dataclass(frozen=True, kw_only=True)
class ConsistencyConfig(CausalConfig):
    """Causal consistency distillation."""

    grid: int = 48
    """Euler steps from noise to data."""
    guidance: float = 1.0
    """Classifier-free guidance of the teacher by the actions; above 1 it must have been trained with dropout."""


class ConsistencyStage(CausalStage[ConsistencyConfig]):
    """Distils a frozen AR model into a student that jumps to the clean latent from any noise level."""

    kind = "causal-cd"

    def __init__(
        self, cache: LatentCache, config: ConsistencyConfig, device: torch.device, *,
        start: Mapping[str, Tensor], preview: Preview | None = None, look: Look = as_drawn,
    ) -> None:  # fmt: skip
        """Teacher, student and its EMA all begin as the AR weights `start`."""
        super().__init__(cache, config, device, start=start, preview=preview, look=look)
        self._grid = timestep_grid(config.grid, config.shift).to(device)
        self._teacher = copy.deepcopy(self.ema).requires_grad_(False)
        if config.compiled:
            compile_layers(self._teacher)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Squared distance between the student's picture and the EMA student's, one step closer to the data."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device)
        clip = self._draw_clips(generator)
        x0 = clip.latents[:, 1:]
        k = torch.randint(config.grid, (len(x0), 1), generator=generator, device=self.device).expand(x0.shape[:2])
        t, following = self._grid[k], self._grid[k + 1]
        x_t = add_noise(x0, draw_noise(x0, generator), t)
        context = imperfect_context(self.model, clip, config.context, generator, self._look)

        def teacher(x: Tensor, t: Tensor) -> Tensor:
            v = self._velocity(self._teacher, context, x, t, clip)
            if config.guidance == 1:
                return v
            return guided(v, self._velocity(self._teacher, context, x, t, clip, torch.zeros_like(t)), config.guidance)

        def ema(x: Tensor, t: Tensor) -> Tensor:
            return self._velocity(self.ema, context, x, t, clip)

        target = consistency_target(teacher, ema, x0, x_t, t, following)
        prediction = to_x0(x_t, self._velocity(self.model, context, x_t, t, clip), t)
        return weighted_mse(prediction, target, frame_weights(clip)), {}

    def _velocity(
        self, model: Transformer, context: Tensor, x_t: Tensor, t: Tensor, clip: ClipBatch, told: Tensor | None = None
    ) -> Tensor:
        return teacher_forced(model, context, x_t, t, clip, self.config.context, told).float()


@torch.no_grad()
def consistency_target(
    teacher: Velocity, ema: Velocity, x0: Tensor, x_t: Tensor, t: Tensor, following: Tensor
) -> Tensor:
    """What the student should predict from x_t at t: the EMA's picture after one Euler step of the teacher.

    x0 and x_t are (b, f, ...), t and `following` (b, f). Where `following` is 0 it is x0 itself.
    """
    shape = *t.shape, *(1,) * (x_t.ndim - t.ndim)
    nearer = x_t - ((t - following) / T_MAX).reshape(shape) * teacher(x_t, t)
    target = to_x0(nearer, ema(nearer, following), following)
    return torch.where((following == 0).reshape(shape), x0, target)
