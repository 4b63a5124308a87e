"""How a student in training makes the clips that its critics judge: alone, or next to real frames.

A generation leaves the last evaluation of each frame open: `remake` does it again, in parallel and with gradient.
Everything before (the earlier frames, the earlier steps of the same frame) is history and gets none, as the paper has
it and the published code does not (reference section 4.4). For self-rollout this is Checkpointed Self Forcing: the
frames are rolled out without gradient, then one parallel pass recomputes their last evaluation, so that memory is one
teacher-forced pass and not a rollout's.

Letters: b batch, f frames, c h w latent channels, height, width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from model.clip_attention import AgainstHistory, Causal, Recorder
from model.sampler import sample
from model.schedule import add_noise, to_x0
from model.transformer import Transformer
from model.walk import Newest, Walk

from ..data.latents import ClipBatch
from ..distributed import agreed
from ..looking import Look, as_drawn
from ..precision import autocast
from .forcing import ContextConfig, diffusion_forced, draw_noise, teacher_forced


@dataclass(frozen=True)
class Open:
    """A clip generated up to the last evaluation of each frame."""

    context: Tensor
    """(b, f, c, h, w): what later frames see of each; the first is given, the others generated or real."""
    noisy: Tensor
    """(b, f-1, c, h, w): what the last evaluation of frames 1..f-1 is given."""
    t: Tensor
    """(b, f-1): at which timesteps."""


@torch.no_grad()
def roll_out(
    player: Transformer, clip: ClipBatch, config: ContextConfig,
    timesteps: Sequence[float], first: Sequence[float], generator: torch.Generator, look: Look = as_drawn,
) -> Open:  # fmt: skip
    """Self-rollout from the clip's first frame under its actions, as in play.

    The walk through `timesteps` is left at an exit step drawn once for the batch and all its frames; the first
    generated frame has a list (`first`) and an exit of its own (Causal Forcing++, section 4.1 of the reference). What
    later frames see of each is what `look` makes of it.
    """
    b, f = clip.latents.shape[:2]
    lists = [torch.tensor(list(first or timesteps)[: _exit(first or timesteps, generator)])]
    lists += [torch.tensor(list(timesteps)[: _exit(timesteps, generator)])] * (f - 2)
    walk = Walk(player, sink=config.sink, window=config.window, batch=b)
    poses = clip.turned.double().cpu()
    walk.give(Newest(clip.latents[:, :1], clip.actions[:, :1], poses[:, 0]))
    remembered = [clip.latents[:, :1]]

    def remember(latent: Tensor) -> Tensor:
        remembered.append(look(latent))
        return remembered[-1]

    made = [
        walk.step(
            clip.actions[:, i : i + 1], poses[:, i], "consistency", steps,
            lambda: draw_noise(clip.latents[:, :1], generator), look=remember,
        )
        for i, steps in enumerate(lists, start=1)
    ]  # fmt: skip
    t = torch.stack([steps[-1] for steps in lists]).to(clip.latents.device).expand(b, f - 1)
    return Open(torch.cat(remembered, dim=1), torch.cat([drawn.noisy for drawn in made], dim=1), t)


@torch.no_grad()
def force_out(
    model: Transformer, clip: ClipBatch, config: ContextConfig, timesteps: Sequence[float], generator: torch.Generator
) -> Open:
    """All frames next to the real ones before them (teacher forcing), up to an exit step drawn for the batch."""
    steps = torch.tensor(list(timesteps)[: _exit(timesteps, generator)], device=clip.latents.device)
    like = clip.latents[:, 1:]

    def predict(x: Tensor, t: Tensor) -> Tensor:
        return teacher_forced(model, clip.latents, x, t.expand(like.shape[:2]), clip, config).float()

    noisy = draw_noise(like, generator)
    if len(steps) > 1:
        before = sample("consistency", steps[:-1], predict, lambda: draw_noise(like, generator)).latent
        noisy = add_noise(before, noisy, steps[-1])
    return Open(clip.latents, noisy, steps[-1].expand(like.shape[:2]))


def diffuse_out(clip: ClipBatch, timesteps: Sequence[float], generator: torch.Generator) -> Open:
    """Real frames at independent steps of the list or clean, for a student that sees noisy frames (CausVid)."""
    levels = torch.tensor([*timesteps, 0.0], device=clip.latents.device)
    like = clip.latents[:, 1:]
    t = levels[torch.randint(len(levels), like.shape[:2], generator=generator, device=generator.device)]
    return Open(clip.latents, add_noise(like, draw_noise(like, generator), t), t)


def remake(model: Transformer, made: Open, clip: ClipBatch, config: ContextConfig) -> Tensor:
    """Frames 1..f-1 (b, f-1, c, h, w) by their last evaluation, each against the clean frames before it."""
    recorder = Recorder(Causal(model.positions, clip.turned[:, :-1], config.sink, config.window))
    with torch.no_grad(), autocast(made.context.device):
        clean = torch.zeros(made.t.shape, device=made.t.device)
        model(made.context[:, :-1], clean, clip.actions[:, :-1], recorder)
    attend = AgainstHistory(model.positions, clip.turned, config.sink, config.window, recorder.kept)
    with autocast(made.noisy.device):
        v: Tensor = model(made.noisy, made.t, clip.actions[:, 1:], attend)
    return to_x0(made.noisy, v.float(), made.t)


def remake_diffused(model: Transformer, made: Open, clip: ClipBatch, config: ContextConfig) -> Tensor:
    """Frames 1..f-1 in one pass, each against the noisy frames before it; the first frame is clean."""
    noisy = torch.cat((made.context[:, :1], made.noisy), dim=1)
    t = torch.cat((torch.zeros_like(made.t[:, :1]), made.t), dim=1)
    v = diffusion_forced(model, noisy, t, clip, config)[:, 1:]
    return to_x0(made.noisy, v.float(), made.t)


def _exit(timesteps: Sequence[float], generator: torch.Generator) -> int:
    """How many evaluations to make, from 1 to all; the same on every rank of a distributed run."""
    return 1 + agreed(int(torch.randint(len(timesteps), (), generator=generator, device=generator.device)))
