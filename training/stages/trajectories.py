"""Stage `init --method causal-ode | bidirectional-ode`: regress a student onto a teacher's stored trajectories.

`causal` (Causal Forcing): the AR model walks each frame from noise next to real frames, and the student, teacher
forced, must jump from any kept state to the walk's end. `bidirectional` (CausVid, Self Forcing): the walks are those
of the bidirectional teacher, whose ends depend on future frames that the student cannot see; the student sees noisy
frames, each at a step of its own.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from model.clip_attention import AgainstHistory, Causal, Recorder
from model.schedule import timestep_grid, to_x0
from model.transformer import Transformer

from ..data.latents import ClipBatch, LatentCache, sample_clips
from ..data.trajectories import Trajectories, read_trajectories
from ..data_wait import waiting
from ..looking import Look, as_drawn
from ..loop import step_generator
from ..precision import autocast
from ..preview import Preview
from .forcing import (
    CausalConfig,
    CausalStage,
    bidirectional,
    diffusion_forced,
    draw_noise,
    frame_weights,
    teacher_forced,
    weighted_mse,
)
from .matching import guided


@dataclass(frozen=True, kw_only=True)
class TrajectoryConfig(CausalConfig):
    """Regression onto trajectories."""

    teacher: Literal["causal", "bidirectional"] = "causal"
    grid: int = 48
    """Euler steps of a walk."""
    kept: tuple[int, ...] = (0, 12, 24, 36)
    """Grid points whose states are stored; these are t = 1000, 937.5, 833.3 and 625 at shift 5."""
    guidance: float = 1.0
    """Classifier-free guidance of the walk by the actions."""
    shards: int = 16
    shard_clips: int = 16
    """Clips per shard; all shards together are what is learned from."""

    def __post_init__(self) -> None:
        """Refuse walks that keep nothing."""
        falling = all(a < b for a, b in itertools.pairwise(self.kept))
        if not self.kept or not falling or not 0 <= self.kept[0] <= self.kept[-1] < self.grid:
            raise ValueError(f"kept must rise within 0..{self.grid - 1}, not {self.kept}")
        if self.context.sink_gap or self.context.noise or self.context.recycled:
            raise ValueError("trajectories are conditioned on real frames: leave sink_gap, noise and recycled at 0")


class TrajectoryStage(CausalStage[TrajectoryConfig]):
    """Learns from what `walk` has stored in a folder."""

    kind = "ode"

    def __init__(
        self, cache: LatentCache, config: TrajectoryConfig, device: torch.device, *,
        start: Mapping[str, Tensor], stored: Path, preview: Preview | None = None, look: Look = as_drawn,
    ) -> None:  # fmt: skip
        """Load the trajectories in `stored`; the student begins as `start`."""
        super().__init__(cache, config, device, start=start, preview=preview, look=look)
        self._stored: Trajectories = read_trajectories(stored, config.shards)
        self._kept = timestep_grid(config.grid, config.shift)[[*config.kept, config.grid]].to(device)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Squared distance between the student's jump and the end of the walk."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device)
        rows = torch.randint(
            len(self._stored.states), (config.context.batch,), generator=generator, device=generator.device
        )
        with waiting():
            walks = self._stored.pick(rows.cpu())
            clip, states = walks.clip.to(self.device), walks.states.to(self.device)
        shape, end = (len(states), states.shape[2]), states[:, -1]
        count = len(config.kept)
        if config.teacher == "causal":
            drawn = torch.randint(count, (shape[0], 1), generator=generator, device=self.device).expand(shape)
        else:
            drawn = torch.randint(count + 1, shape, generator=generator, device=self.device)
        t = self._kept[drawn]
        x_t = states.gather(1, drawn[:, None, :, None, None, None].expand(-1, 1, *states.shape[2:]))[:, 0]
        if config.teacher == "causal":
            v = teacher_forced(self.model, clip.latents, x_t, t, clip, config.context)
            return weighted_mse(to_x0(x_t, v.float(), t), end, frame_weights(clip)), {}
        noisy, times = torch.cat((clip.latents[:, :1], x_t), 1), torch.cat((torch.zeros_like(t[:, :1]), t), 1)
        v = diffusion_forced(self.model, noisy, times, clip, config.context)[:, 1:]
        return weighted_mse(to_x0(x_t, v.float(), t), end, (drawn < count).float()), {}


@torch.no_grad()
def walk(
    teacher: Transformer, cache: LatentCache, config: TrajectoryConfig, device: torch.device, number: int
) -> Trajectories:
    """The walks of one shard."""
    generator = step_generator(config.loop.seed, number, device)
    context = replace(config.context, batch=config.shard_clips)
    clip = sample_clips(cache, context.frames, context.batch, generator, paused=context.paused).to(device)
    x = draw_noise(clip.latents[:, 1:], generator)
    velocity = _Velocity(teacher, clip, config)
    grid, states = timestep_grid(config.grid, config.shift).to(device), []
    for k, (t, following) in enumerate(itertools.pairwise(grid)):
        if k in config.kept:
            states.append(x)
        v = velocity(x, t.expand(x.shape[:2]), told=True)
        if config.guidance != 1:
            v = guided(v, velocity(x, t.expand(x.shape[:2]), told=False), config.guidance)
        x = x - (t - following) / 1000 * v
    return Trajectories(clip, torch.stack([*states, x], dim=1))


class _Velocity:
    """The teacher on one batch of clips; what does not change along a walk is computed once."""

    def __init__(self, teacher: Transformer, clip: ClipBatch, config: TrajectoryConfig) -> None:
        self._teacher, self._clip, self._kind = teacher, clip, config.teacher
        context, positions = config.context, teacher.positions
        if self._kind == "causal":
            recorder = Recorder(Causal(positions, clip.turned[:, :-1], context.sink, context.window))
            with autocast(clip.latents.device):
                clean = torch.zeros(clip.latents.shape[:2], device=clip.latents.device)[:, 1:]
                teacher(clip.latents[:, :-1], clean, clip.actions[:, :-1], recorder)
            self._attend = AgainstHistory(positions, clip.turned, context.sink, context.window, recorder.kept)

    def __call__(self, x: Tensor, t: Tensor, *, told: bool) -> Tensor:
        """Velocity (b, f-1, c, h, w) of frames 1..f-1 at t (b, f-1)."""
        known = None if told else torch.zeros_like(t)
        if self._kind == "bidirectional":
            known = None if known is None else known[:, :1]
            return bidirectional(self._teacher, self._clip.latents[:, :1], x, t, self._clip, known).float()
        with autocast(x.device):
            v: Tensor = self._teacher(x, t, self._clip.actions[:, 1:], self._attend, known)
        return v.float()
