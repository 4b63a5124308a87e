"""Stage `distill`: match the distribution of a few-step student's own clips to a teacher's (asymmetric DMD).

The student is causal and generates clips frame by frame (`generation`); the scores that judge them see whole clips.
`loss` is DMD, SiD or a GAN; `rollout` is what the student's frames are conditioned on. The same stage with rollout
`teacher-forcing` and `scores` `causal` is the initialisation `causal-dmd` of the ablation. Between two updates of the
student the critic is updated `critic_updates` times on other clips; the loop counts updates of the student.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from model.runtime import has_fast_bfloat16
from model.schedule import add_noise, to_x0, velocity
from model.transformer import Transformer

from ..data.latents import ClipBatch, LatentCache
from ..distributed import whole
from ..looking import Look, as_drawn
from ..loop import Critic, step_generator
from ..optimizers import OptimizerConfig
from ..preview import Preview
from .discriminator import Discriminator, shake, unsteadiness
from .forcing import (
    CausalConfig,
    CausalStage,
    bidirectional,
    checkpoint_layers,
    compile_layers,
    draw_noise,
    teacher_forced,
)
from .generation import Open, diffuse_out, force_out, remake, remake_diffused, roll_out
from .matching import (
    critic_adversarial,
    distribution_matching,
    draw_score_timesteps,
    generator_adversarial,
    guided,
    score_identity,
)

_PAPERS_PENALTY = 100.0  # arXiv:2501.08316, for shakes of 0.01


@dataclass(frozen=True, kw_only=True)
class DistillConfig(CausalConfig):
    """Distribution matching; `context.frames` is the length of a rollout."""

    loss: Literal["dmd", "sid", "gan"] = "dmd"
    rollout: Literal["self", "teacher-forcing", "diffusion-forcing"] = "self"
    scores: Literal["bidirectional", "causal"] = "bidirectional"
    timesteps: tuple[float, ...] = (1000.0, 2500 / 3)
    """The student's steps."""
    first: tuple[float, ...] = ()
    """Steps of the first generated frame, if it has its own (`self` only)."""
    score_frames: int = 10
    """Frames that the bidirectional scores were trained on; longer rollouts are judged in windows of that length."""
    guidance: float = 1.0
    """Classifier-free guidance of the real score by the actions; above 1 it must have been trained with dropout."""
    span: tuple[float, float] = (20.0, 980.0)
    """Timesteps at which scores compare."""
    normalised: bool = True
    """Divide each sample's gradient by how far it is from the teacher's prediction."""
    critic_updates: int = 5
    critic: OptimizerConfig = field(default_factory=OptimizerConfig)
    penalty: float = 1.0
    """Weight of the R1 and R2 penalties, as a multiple of the paper's (`gan` only)."""

    def __post_init__(self) -> None:
        """Refuse combinations that mean nothing."""
        if self.scores == "causal" and (self.rollout != "teacher-forcing" or self.loss == "gan"):
            raise ValueError("causal scores judge frames next to real ones: use rollout teacher-forcing and dmd or sid")
        if self.context.sink_gap or self.context.noise or self.context.recycled:
            raise ValueError("rollouts go on from real frames: leave sink_gap, noise and recycled at 0")
        if self.first and self.rollout != "self":
            raise ValueError("only a self-rollout has a first frame with steps of its own")
        if not self.timesteps or self.critic_updates < 1 or self.score_frames < 2:
            raise ValueError("timesteps must not be empty, critic_updates be 1 or more and score_frames 2 or more")


class DistillStage(CausalStage[DistillConfig]):
    """Trains a student against a frozen real score and a critic that follows the student."""

    kind = "distill"

    def __init__(
        self, cache: LatentCache, config: DistillConfig, device: torch.device, *,
        start: Mapping[str, Tensor], teacher: Mapping[str, Tensor], preview: Preview | None = None,
        look: Look = as_drawn,
    ) -> None:  # fmt: skip
        """Student and its EMA begin as `start`, real and fake score as `teacher`."""
        super().__init__(cache, config, device, start=start, preview=preview, look=look)
        self._real = copy.deepcopy(self.ema).requires_grad_(False)
        self._real.load_state_dict(teacher)
        self._player = copy.deepcopy(self.ema)
        if has_fast_bfloat16(device):  # rollouts run in the precision in which worlds are played
            self._player.to(torch.bfloat16)
        self._fake = copy.deepcopy(self._real).requires_grad_(True)
        for score in (self._real, self._fake):
            if config.compiled:
                compile_layers(score)
            if config.checkpointed:
                checkpoint_layers(score)
        network = Discriminator(self._fake).to(device) if config.loss == "gan" else self._fake
        self.critic = Critic(network, config.critic, config.critic_updates, self._critic_loss)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the student on clips that it makes."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device)
        clip = self._draw_clips(generator)
        made = self._generate(clip, generator)
        x, judged = self._windows(self._remake(made, clip), made.context, clip)
        t, noise = self._draw_noise(x, generator)
        x_t = add_noise(x, noise, t)
        if config.loss == "gan":
            return generator_adversarial(self._judge(self._discriminator, x_t, t, judged)), {}
        if config.loss == "sid":
            return score_identity(x, self._real_x0(x_t, t, judged), self._fake_x0(x_t, t, judged)), {}
        with torch.no_grad():
            real, fake = self._real_x0(x_t, t, judged), self._fake_x0(x_t, t, judged)
        apart = {"score_gap": (real - fake).square().mean().sqrt()}
        return distribution_matching(x, real, fake, normalised=config.normalised), apart

    def _critic_loss(self, step: int, turn: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the critic on clips that the student makes as it is now."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device, turn=turn + 1)
        clip = self._draw_clips(generator)
        made = self._generate(clip, generator)
        with torch.no_grad():
            rolled_out = config.rollout == "self" and config.context.remembers == "latents"
            x = made.context[:, 1:] if rolled_out else self._remake(made, clip)
            x, judged = self._windows(x, made.context, clip)
        t, noise = self._draw_noise(x, generator)
        x_t = add_noise(x, noise, t)
        if config.loss != "gan":
            return (self._judge(self._fake, x_t, t, judged) - velocity(x, noise)).square().mean(), {}
        real, real_clip = self._windows(clip.latents[:, 1:], clip.latents, clip)
        real_t = add_noise(real, noise, t)
        of_real, of_fake, shaken_real, shaken_fake = (
            self._judge(self._discriminator, seen, t, whose)
            for seen, whose in (
                (real_t, real_clip),
                (x_t, judged),
                (shake(real_t, generator), real_clip),
                (shake(x_t, generator), judged),
            )
        )
        penalty = unsteadiness(of_real, shaken_real) + unsteadiness(of_fake, shaken_fake)
        weight = config.penalty * _PAPERS_PENALTY
        return critic_adversarial(of_real, of_fake) + weight * penalty, {"penalty": penalty.detach()}

    @property
    def _discriminator(self) -> Discriminator:
        assert self.critic is not None and isinstance(self.critic.network, Discriminator)
        return self.critic.network

    def _generate(self, clip: ClipBatch, generator: torch.Generator) -> Open:
        config = self.config
        if config.rollout == "diffusion-forcing":
            return diffuse_out(clip, config.timesteps, generator)
        if config.rollout == "teacher-forcing":
            return force_out(self.model, clip, config.context, config.timesteps, generator)
        with torch.no_grad():
            torch._foreach_copy_(list(self._player.parameters()), [whole(p) for p in self.model.parameters()])
        return roll_out(self._player, clip, config.context, config.timesteps, config.first, generator, self._look)

    def _remake(self, made: Open, clip: ClipBatch) -> Tensor:
        """Frames 1..f-1 of a clip by the student's last evaluation."""
        again = remake_diffused if self.config.rollout == "diffusion-forcing" else remake
        return again(self.model, made, clip, self.config.context)

    def _draw_noise(self, x: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Timesteps (b, f-1) at which scores compare the frames x, and noise for them."""
        t = draw_score_timesteps(len(x), self.config.shift, self.config.span, generator).expand(x.shape[:2])
        return t, draw_noise(x, generator)

    def _windows(self, x: Tensor, context: Tensor, clip: ClipBatch) -> tuple[Tensor, ClipBatch]:
        """Frames 1..f-1 of every window that is judged, and its clip, whose first frame (or all `context`) is given.

        A rollout longer than the scores know is cut into windows that share one frame: the last of one is the given
        first of the next.
        """
        given = replace(clip, latents=context)
        frames, size = clip.latents.shape[1], self.config.score_frames
        if self.config.scores == "causal" or frames <= size:
            return x, given
        starts = sorted({*range(0, frames - size, size - 1), frames - size})
        parts = [given.part(start, start + size) for start in starts]
        return torch.cat([x[:, start : start + size - 1] for start in starts]), ClipBatch.join(parts)

    def _real_x0(self, x_t: Tensor, t: Tensor, clip: ClipBatch) -> Tensor:
        v = self._judge(self._real, x_t, t, clip)
        if self.config.guidance != 1:
            v = guided(v, self._judge(self._real, x_t, t, clip, told=False), self.config.guidance)
        return to_x0(x_t, v, t)

    def _fake_x0(self, x_t: Tensor, t: Tensor, clip: ClipBatch) -> Tensor:
        return to_x0(x_t, self._judge(self._fake, x_t, t, clip), t)

    def _judge(
        self, network: Transformer | Discriminator, x_t: Tensor, t: Tensor, clip: ClipBatch, *, told: bool = True
    ) -> Tensor:
        """What `network` says of frames 1..f-1, told the clip's actions or not."""
        known = None if told else torch.zeros_like(t)
        if self.config.scores == "causal":
            assert isinstance(network, Transformer)
            return teacher_forced(network, clip.latents, x_t, t, clip, self.config.context, known).float()
        known = None if known is None else known[:, :1]
        return bidirectional(network, clip.latents[:, :1], x_t, t, clip, known).float()
