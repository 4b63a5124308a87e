"""Stage `teacher`: bidirectional diffusion of whole clips, the model that later judges what a student makes.

All frames of a clip share one timestep and see each other. The first frame is given clean: a person starts from a
picture, so the distribution that matters is that of a clip given its first frame and its actions.
"""

from dataclasses import dataclass

from torch import Tensor

from model.schedule import add_noise, velocity

from ..loop import step_generator
from .forcing import (
    CausalConfig,
    CausalStage,
    bidirectional,
    draw_noise,
    draw_timesteps,
    draw_told,
    frame_weights,
    weighted_mse,
)


@dataclass(frozen=True, kw_only=True)
class TeacherConfig(CausalConfig):
    """Bidirectional diffusion training."""

    def __post_init__(self) -> None:
        """Refuse what a bidirectional model knows nothing of."""
        if self.context.sink_gap or self.context.noise or self.context.recycled:
            raise ValueError("a teacher sees whole clips: leave sink_gap, noise and recycled at 0")


class TeacherStage(CausalStage[TeacherConfig]):
    """Trains a transformer on clips of latents, all frames at once."""

    kind = "teacher"

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean squared error of the velocity."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device)
        clip = self._draw_clips(generator)
        target = clip.latents[:, 1:]
        t = draw_timesteps((len(target), 1), config.shift, generator).expand(target.shape[:2])
        noise = draw_noise(target, generator)
        told = draw_told((len(target), 1), config.action_dropout, generator)
        v = bidirectional(self.model, clip.latents[:, :1], add_noise(target, noise, t), t, clip, told)
        return weighted_mse(v, velocity(target, noise), frame_weights(clip)), {}
