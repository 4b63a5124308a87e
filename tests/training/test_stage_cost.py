"""What an initialisation costs, counted: against forwards counted by hand."""

from dataclasses import replace

import pytest
import torch

from model.transformer import Transformer
from training.data.latents import ClipBatch
from training.loop import LoopConfig
from training.metrics.products import ProductCounter
from training.recipe import InitConfig
from training.stage_cost import init_cost
from training.stages.consistency import ConsistencyConfig
from training.stages.distill import DistillConfig
from training.stages.forcing import ContextConfig, bidirectional, teacher_forced
from training.stages.trajectories import TrajectoryConfig

from .micro import MODEL

CONTEXT = ContextConfig(window=3, frames=4, batch=2)
LOOP = LoopConfig(steps=100, seed=1)
CD = ConsistencyConfig(loop=LOOP, model=MODEL, context=CONTEXT, grid=6, compiled=False)
ODE = TrajectoryConfig(loop=LOOP, model=MODEL, context=CONTEXT, grid=6, kept=(0, 3), shards=2, shard_clips=3)
DMD = DistillConfig(
    loop=LOOP, model=MODEL, context=CONTEXT, rollout="teacher-forcing", scores="causal", timesteps=(1000.0,),
    critic_updates=2,
)  # fmt: skip


def forward(batch: int, *, whole: bool = False, gradient: bool = False) -> int:
    """Operations of one teacher-forced (or bidirectional, if `whole`) pass over clips, with its gradient or without."""
    frames = CONTEXT.frames
    clip = ClipBatch(
        torch.zeros(batch, frames, 4, 4, 6), torch.zeros(batch, frames, 11), torch.zeros(batch, frames, 2),
        torch.ones(batch, dtype=torch.bool),
    )  # fmt: skip
    x, t = clip.latents[:, 1:], torch.full((batch, frames - 1), 500.0)
    model = Transformer(MODEL).requires_grad_(gradient)
    with ProductCounter() as counter:
        if whole:
            v = bidirectional(model, clip.latents[:, :1], x, t, clip)
        else:
            v = teacher_forced(model, clip.latents, x, t, clip, CONTEXT)
        if gradient:
            v.float().sum().backward()
    return sum(counter.flops().values())


def test_a_consistency_step_is_two_passes_and_one_with_gradient() -> None:
    once, each = init_cost(CD)
    assert once == 0
    assert each == 2 * forward(2) + forward(2, gradient=True)


def test_guidance_of_consistency_costs_one_more_pass() -> None:
    assert init_cost(replace(CD, guidance=3.0))[1] - init_cost(CD)[1] == forward(2)


def test_walks_cost_before_training_in_proportion_to_their_number() -> None:
    (once, each), (twice, same) = init_cost(ODE), init_cost(replace(ODE, shards=4))
    assert once > 0 and twice == 2 * once and same == each
    assert init_cost(replace(ODE, grid=12))[0] < 2 * once  # each step as much, but the history is seen once
    assert each == forward(2, gradient=True)


def test_walks_of_a_bidirectional_teacher_see_the_whole_clip_at_each_step() -> None:
    assert init_cost(replace(ODE, teacher="bidirectional"))[0] == 2 * 6 * forward(3, whole=True)
    assert init_cost(replace(ODE, teacher="bidirectional", guidance=2.0))[0] == 2 * 12 * forward(3, whole=True)


def test_matching_pays_for_its_critic() -> None:
    once, each = init_cost(DMD)
    assert once == 0
    one_more = init_cost(replace(DMD, critic_updates=3))[1] - each
    assert one_more > forward(2, gradient=True)  # a clip is generated, and the critic learns from it
    assert each > 2 * one_more


@pytest.mark.parametrize("config", [CD, ODE, DMD])
def test_the_length_of_the_run_changes_no_cost(config: InitConfig) -> None:
    assert init_cost(replace(config, loop=replace(LOOP, steps=7), compiled=True)) == init_cost(config)
