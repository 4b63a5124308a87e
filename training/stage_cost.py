"""Floating-point operations of a way to initialise a student, counted on random clips without training anything."""

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from model.actions import ACTION_SIZE
from model.transformer import Transformer

from .data.latents import LatentCache
from .data.mapped import LatentClip
from .data.trajectories import make_trajectories
from .loop import LoopConfig, Stage
from .metrics.products import ProductCounter
from .recipe import InitConfig
from .stages.consistency import ConsistencyConfig, ConsistencyStage
from .stages.distill import DistillConfig, DistillStage
from .stages.trajectories import TrajectoryStage, walk

_DRAWS = 4  # steps counted: exits are drawn, so that one step costs more than another


def init_cost(config: InitConfig) -> tuple[float, float]:
    """Operations of the matrix products before training (trajectories), and of one step on average."""
    # the length of the run changes neither, so that all of a grid are counted once; the seed draws the exits
    return _counted(replace(config, compiled=False, loop=LoopConfig(steps=0, seed=config.loop.seed)))


@cache
def _counted(config: InitConfig) -> tuple[float, float]:
    model, context = config.model, config.context
    frames = 4 * context.frames
    latents = torch.randn(
        (frames, model.latent_channels, model.rows, model.columns), generator=torch.Generator().manual_seed(0)
    )
    clip = LatentClip(latents.half(), torch.zeros(frames, ACTION_SIZE))
    clips = LatentCache("0" * 64, 16.0, (8 * model.rows, 8 * model.columns), ("random",), (frames,), (clip,))
    start, device = Transformer(model).state_dict(), torch.device("cpu")
    if isinstance(config, ConsistencyConfig):
        return 0.0, _per_step(ConsistencyStage(clips, config, device, start=start))
    if isinstance(config, DistillConfig):
        return 0.0, _per_step(DistillStage(clips, config, device, start=start, teacher=start))
    one = replace(config, shards=1)
    with tempfile.TemporaryDirectory() as folder:
        teacher = Transformer(model).requires_grad_(False)
        with ProductCounter() as counter:
            walks = walk(teacher, clips, one, device, 0)
        make_trajectories(Path(folder), 1, {}, lambda number: walks)
        stage = TrajectoryStage(clips, one, device, start=start, stored=Path(folder))
        return float(config.shards * sum(counter.flops().values())), _per_step(stage)


def _per_step(stage: Stage) -> float:
    with ProductCounter() as counter:
        for step in range(_DRAWS):
            if stage.critic is not None:
                for turn in range(stage.critic.updates):
                    _differentiate(stage.critic.loss(step, turn)[0])
            _differentiate(stage.loss(step)[0])
    operations: int = sum(counter.flops().values())
    return operations / _DRAWS


def _differentiate(loss: Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call] # torch leaves it unannotated
