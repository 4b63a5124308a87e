"""Stage `ar`: diffusion of each frame given the frames before it and its action, all frames of a clip in parallel.

`teacher` forcing shows every frame the clean frames before it, as in play (reference section 2). `diffusion` forcing
shows it their noisy versions, at half the tokens per frame. Timesteps are drawn per frame.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from model.schedule import T_MAX, add_noise, velocity

from ..loop import step_generator
from .forcing import (
    CausalConfig,
    CausalStage,
    diffusion_forced,
    draw_noise,
    draw_timesteps,
    draw_told,
    frame_weights,
    imperfect_context,
    teacher_forced,
    weighted_mse,
)


@dataclass(frozen=True, kw_only=True)
class AutoregressiveConfig(CausalConfig):
    """AR diffusion training."""

    forcing: Literal["teacher", "diffusion"] = "teacher"
    clean_share: float = 0.5
    """Share of frames with a noise level below 0.3, as context for the others; `diffusion` only."""

    def __post_init__(self) -> None:
        """Refuse imperfections of a clean context where none is shown."""
        if self.forcing == "diffusion" and (self.context.noise or self.context.recycled):
            raise ValueError("with diffusion forcing frames see noisy ones: leave noise and recycled at 0")


class AutoregressiveStage(CausalStage[AutoregressiveConfig]):
    """Trains a transformer on clips of latents."""

    kind = "ar"

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean squared error of the velocity."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device)
        clip = self._draw_clips(generator)
        x0 = clip.latents
        if config.forcing == "diffusion":
            t = draw_timesteps(x0.shape[:2], config.shift, generator)
            low = torch.rand((2, *t.shape), generator=generator, device=self.device)
            t = torch.where(low[0] < config.clean_share, 0.3 * T_MAX * low[1], t)
            noise = draw_noise(x0, generator)
            told = draw_told(t.shape, config.action_dropout, generator)
            v = diffusion_forced(self.model, add_noise(x0, noise, t), t, clip, config.context, told)
            weights = torch.ones_like(t)
            weights[:, 0] = 0  # a frame with no context is not what play asks for
            weights[:, 1:] = frame_weights(clip)
            return weighted_mse(v, velocity(x0, noise), weights), {}
        target = x0[:, 1:]
        t = draw_timesteps(target.shape[:2], config.shift, generator)
        noise = draw_noise(target, generator)
        context = imperfect_context(self.model, clip, config.context, generator, self._look)
        told = draw_told(t.shape, config.action_dropout, generator)
        v = teacher_forced(self.model, context, add_noise(target, noise, t), t, clip, config.context, told)
        return weighted_mse(v, velocity(target, noise), frame_weights(clip)), {}
