"""From footage to a world that plays: all stages of a micro recipe, stopped and resumed on the way."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model.actions import Action
from model.autoencoder import AutoencoderConfig
from model.errors import RunError
from model.sampler import SamplerConfig
from model.transformer import TransformerConfig
from model.world import load_world
from training.chain import WEIGHTS, Chain
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


def _chain(footage: Path, root: Path, stop: Callable[[], bool] = lambda: False, recipe: Recipe | None = None) -> Chain:
    dataset = GFMinecraft(footage)
    return Chain(recipe or micro(), lambda: dataset, root, torch.device("cpu"), stop)


@pytest.fixture(scope="module")
def finished(shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a run in which every stage is done."""
    root = tmp_path_factory.mktemp("run")
    chain = _chain(shared_footage, root)
    assert chain.autoencoder() and chain.ar() and chain.init()
    return root


def test_stages_end_in_a_world_that_plays(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    chain = _chain(shared_footage, finished)
    (tmp_path / "about.toml").write_text(ABOUT)
    export_chain(chain, GFMinecraft(shared_footage), tmp_path / "about.toml", tmp_path / "world")
    world = load_world(str(tmp_path / "world"))
    frame = world.start("wall").step(Action(forward=True))
    assert frame.shape == (32, 48, 3) and frame.dtype == np.uint8
    latents = chain.latents().latents.float()
    assert latents.mean((0, 2, 3)).abs().max() < 0.5 and (latents.std((0, 2, 3)) - 1).abs().max() < 0.5


def test_stopped_stages_resume_to_the_same_weights(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    folders = ("autoencoder", "ar-0", "ar-1", "init")
    for name in folders:
        checkpoint = tmp_path / name / "checkpoint-00000002.safetensors"
        stages = (Chain.autoencoder, Chain.ar, Chain.init)
        chain = _chain(shared_footage, tmp_path, checkpoint.exists)
        assert not all(stage(chain) for stage in stages)  # ends what was stopped before, stops a step after that file
        assert checkpoint.exists() and not (tmp_path / name / WEIGHTS).exists()
    assert _chain(shared_footage, tmp_path).init()
    for name in folders:
        assert (tmp_path / name / WEIGHTS).read_bytes() == (finished / name / WEIGHTS).read_bytes()


def test_encoding_stops_when_asked(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "autoencoder", tmp_path / "autoencoder")
    assert not _chain(shared_footage, tmp_path, lambda: True).ar()
    assert not (tmp_path / "ar-0").exists()


def test_what_is_done_is_not_done_again(finished: Path, shared_footage: Path) -> None:
    before = (finished / "init" / WEIGHTS).stat().st_mtime_ns
    chain = _chain(shared_footage, finished, lambda: True)
    assert chain.autoencoder() and chain.ar() and chain.init()
    assert (finished / "init" / WEIGHTS).stat().st_mtime_ns == before


def test_weights_of_another_recipe_are_refused(finished: Path, shared_footage: Path) -> None:
    recipe = replace(micro(), init=replace(micro().init, grid=7))
    chain = _chain(shared_footage, finished, recipe=recipe)
    assert chain.ar()
    for use in (chain.init, chain.student):
        with pytest.raises(RunError, match=r"grid: was 6, now 7\); give another --root, or delete .*init"):
            use()


def test_weights_of_another_dataset_are_refused(finished: Path, footage: Path) -> None:
    with pytest.raises(RunError, match="dataset: was "):
        _chain(footage, finished).student()


def test_weights_of_another_start_are_refused(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / "ar-0" / WEIGHTS
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    save_file({name: tensor + 1 for name, tensor in load_file(path).items()}, path, metadata)
    with pytest.raises(RunError, match=r"ar-1.*start: was "):
        _chain(shared_footage, tmp_path / "run").student()


def test_weights_that_do_not_say_what_they_are_made_from_are_refused(
    finished: Path, shared_footage: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / "autoencoder" / WEIGHTS
    save_file(load_file(path), path)
    with pytest.raises(RunError, match="does not say what it was made from"):
        _chain(shared_footage, tmp_path / "run").student()
    path.write_bytes(b"torn")
    with pytest.raises(RunError, match="damaged"):
        _chain(shared_footage, tmp_path / "run").autoencoder()


def test_a_stage_asks_for_the_one_before(shared_footage: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run the stage 'autoencoder'"):
        _chain(shared_footage, tmp_path).ar()


def test_shipped_recipes_are_valid() -> None:
    assert all(recipe().name == name for name, recipe in RECIPES.items())
