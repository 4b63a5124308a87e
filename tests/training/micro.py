"""A recipe of all stages that takes seconds, on footage of 32x48."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch

from model.autoencoder import AutoencoderConfig
from model.footage.gf_minecraft import GFMinecraft
from model.sampler import SamplerConfig
from model.transformer import TransformerConfig
from training.chain import Chain
from training.data.frames import FrameStreamConfig
from training.loop import LoopConfig
from training.recipe import Recipe
from training.recipes import FOUR_STEPS
from training.stages.autoencoder import AutoencoderStageConfig
from training.stages.autoregressive import AutoregressiveConfig
from training.stages.consistency import ConsistencyConfig
from training.stages.distill import DistillConfig
from training.stages.forcing import ContextConfig
from training.stages.teacher import TeacherConfig
from training.stages.trajectories import TrajectoryConfig

LOOP = LoopConfig(steps=4, log_every=1, save_every=2, picture_every=4)
MODEL = TransformerConfig(latent_channels=4, rows=4, columns=6, width=32, depth=2, heads=2, ffn=64)

ABOUT = """
name = "micro"
title = "Micro"
training = "a wall"
licence = {name = "CC0-1.0", attribution = "none"}
scene = [{name = "wall", title = "Wall", clip = "a", frame = 3}]
"""
"""An `about.toml` for a world of it."""


def micro() -> Recipe:
    """Four steps a stage; the AR model in two phases, a student that remembers pictures on rollouts of two windows."""
    context = ContextConfig(window=3, frames=5, batch=2, sink_gap=3, noise=0.1, recycled=2)
    clean = ContextConfig(window=3, frames=4, batch=2)
    student = replace(context, remembers="pictures")
    return Recipe(
        name="micro",
        autoencoder=AutoencoderStageConfig(
            loop=LOOP,
            model=AutoencoderConfig(latent_channels=4, outer_width=8, inner_width=8),
            data=FrameStreamConfig(batch=2, clips_at_once=2),
        ),
        teacher=(TeacherConfig(loop=LOOP, model=MODEL, context=clean, action_dropout=0.2, compiled=False),),
        ar=(
            AutoregressiveConfig(
                loop=LOOP, model=MODEL, context=replace(clean, frames=3), compiled=False, forcing="diffusion"
            ),
            AutoregressiveConfig(loop=LOOP, model=MODEL, context=context, compiled=False),
        ),
        ar_sampler=SamplerConfig(kind="euler", default_steps=3),
        init=ConsistencyConfig(loop=LOOP, model=MODEL, context=student, grid=6, compiled=False),
        distill=DistillConfig(
            loop=LOOP,
            model=MODEL,
            context=replace(clean, frames=6, remembers="pictures"),
            first=FOUR_STEPS,
            score_frames=4,
            critic_updates=2,
            compiled=False,
        ),
        sampler=SamplerConfig(first=FOUR_STEPS),
    )


def with_few_walks(recipe: Recipe) -> Recipe:
    """The same with little to walk through, where the student begins by trajectories."""
    if not isinstance(recipe.init, TrajectoryConfig):
        return recipe
    return replace(recipe, init=replace(recipe.init, grid=8, kept=(0, 2, 4, 6), shards=2, shard_clips=2))


def micro_chain(
    footage: Path,
    root: Path,
    stop: Callable[[], bool] = lambda: False,
    *,
    recipe: Recipe | None = None,
    elsewhere: Mapping[str, Path] | None = None,
) -> Chain:
    """The recipe, `micro` if None, at work on the CPU."""
    dataset = GFMinecraft(footage)
    return Chain(recipe or micro(), lambda: dataset, root, torch.device("cpu"), stop, elsewhere or {})
