"""From footage to a world that plays: all stages of a micro recipe, stopped and resumed on the way."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model.actions import Action
from model.autoencoder import AutoencoderConfig
from model.errors import RunError
from model.sampler import SamplerConfig
from model.transformer import TransformerConfig
from model.world import load_world
from training.chain import Chain
from training.data.frames import FrameStreamConfig
from training.data.gf_minecraft import GFMinecraft
from training.loop import LoopConfig
from training.recipes import RECIPES, Recipe
from training.stages.autoencoder import AutoencoderStageConfig
from training.stages.autoregressive import AutoregressiveConfig
from training.stages.consistency import ConsistencyConfig
from training.stages.forcing import ContextConfig
from training.worlds import export_chain

ABOUT = """
name = "micro"
title = "Micro"
training = "a wall"
licence = {name = "CC0-1.0", attribution = "none"}
scene = [{name = "wall", title = "Wall", clip = "a", frame = 3}]
"""


def micro() -> Recipe:
    loop = LoopConfig(steps=4, log_every=1, save_every=2, picture_every=4)
    model = TransformerConfig(latent_channels=4, rows=4, columns=6, width=32, depth=2, heads=2, ffn=64)
    context = ContextConfig(window=3, frames=5, batch=2, sink_gap=3, noise=0.1, recycled=2)
    return Recipe(
        name="micro",
        autoencoder=AutoencoderStageConfig(
            loop=loop,
            model=AutoencoderConfig(latent_channels=4, outer_width=8, inner_width=8),
            data=FrameStreamConfig(batch=2, clips_at_once=2),
        ),
        ar=(
            AutoregressiveConfig(
                loop=loop,
                model=model,
                context=ContextConfig(window=3, frames=3, batch=2),
                compiled=False,
                forcing="diffusion",
            ),
            AutoregressiveConfig(loop=loop, model=model, context=context, compiled=False),
        ),
        init=ConsistencyConfig(loop=loop, model=model, context=context, grid=6, compiled=False),
        sampler=SamplerConfig(),
    )


def _chain(footage: Path, root: Path, stops: list[bool] | None = None) -> Chain:
    stop = (lambda: stops.pop(0) if stops else False) if stops is not None else (lambda: False)
    dataset = GFMinecraft(footage)
    return Chain(micro(), lambda: dataset, root, torch.device("cpu"), stop)


def test_stages_end_in_a_world_that_plays(shared_footage: Path, tmp_path: Path) -> None:
    chain = _chain(shared_footage, tmp_path / "run")
    assert chain.autoencoder() and chain.ar() and chain.init()
    (tmp_path / "about.toml").write_text(ABOUT)
    export_chain(chain, GFMinecraft(shared_footage), tmp_path / "about.toml", tmp_path / "world")
    world = load_world(str(tmp_path / "world"))
    frame = world.start("wall").step(Action(forward=True))
    assert frame.shape == (32, 48, 3) and frame.dtype == np.uint8
    latents = chain.latents().latents.float()
    assert latents.mean((0, 2, 3)).abs().max() < 0.5 and (latents.std((0, 2, 3)) - 1).abs().max() < 0.5


def test_a_stopped_stage_resumes_to_the_same_weights(shared_footage: Path, tmp_path: Path) -> None:
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    assert _chain(shared_footage, straight).autoencoder()
    assert not _chain(shared_footage, broken, [False, True, True]).autoencoder()
    assert _chain(shared_footage, broken).autoencoder()
    assert (straight / "autoencoder/weights.safetensors").read_bytes() == (
        broken / "autoencoder/weights.safetensors"
    ).read_bytes()


def test_a_stage_asks_for_the_one_before(shared_footage: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run the stage 'autoencoder'"):
        _chain(shared_footage, tmp_path).ar()


def test_shipped_recipes_are_valid() -> None:
    assert all(recipe().name == name for name, recipe in RECIPES.items())
