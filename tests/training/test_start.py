"""A run that begins with a world goes on in its latents, from its weights."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from model.actions import IDLE, KEYS, Action
from model.autoencoder import AutoencoderConfig
from model.errors import RunError
from model.footage.gf_minecraft import GFMinecraft
from model.sampler import SamplerConfig
from model.world import load_world
from model.world_spec import AUTOENCODER, GENERATOR, read_spec, world_hash
from training.chain import Chain
from training.milestones import export_stage
from training.stage_weights import WEIGHTS
from training.stages.forcing import ContextConfig
from training.start import WorldStart
from training.worlds import export_chain

from ..footage import make_frames, make_records, write_metadata, write_video
from ..tiny_world import SINK, WINDOW, tiny_autoencoder, tiny_transformer
from .micro import ABOUT, MODEL, micro

SHAPE = tiny_autoencoder().config


def chain_from(world: Path, footage: Path, root: Path) -> Chain:
    """The micro recipe in the shape of the tiny world, begun with it."""
    recipe = replace(micro(), autoencoder=replace(micro().autoencoder, model=SHAPE))
    dataset = GFMinecraft(footage)
    start = WorldStart(str(world), SHAPE)
    return Chain(recipe, lambda: dataset, root, torch.device("cpu"), lambda: False, start=start)


def test_a_run_takes_over_what_a_world_has(tiny_world: Path, shared_footage: Path, tmp_path: Path) -> None:
    chain = chain_from(tiny_world, shared_footage, tmp_path)
    assert chain.autoencoder() and chain.teacher()
    taken, brought = load_file(tmp_path / "autoencoder" / WEIGHTS), load_file(tiny_world / AUTOENCODER)
    assert taken.keys() == brought.keys() and all(torch.equal(taken[name], brought[name]) for name in taken)
    for stage in ("autoencoder", "teacher-0"):
        with safe_open(tmp_path / stage / WEIGHTS, framework="pt") as file:
            assert json.loads(file.metadata()["recipe"])["start"] == world_hash(tiny_world)
    begun = chain.start.weights(MODEL, 0) if chain.start else {}
    assert all(torch.equal(begun[name], tensor.float()) for name, tensor in load_file(tiny_world / GENERATOR).items())
    learned = load_file(tmp_path / "teacher-0" / WEIGHTS)
    nearest = max(float((learned[name] - tensor).abs().max()) for name, tensor in begun.items())
    assert 0 < nearest < 0.1  # it went on from there


def test_what_plays_is_not_made_out_of_a_teacher(tiny_world: Path, shared_footage: Path, tmp_path: Path) -> None:
    chain = chain_from(tiny_world, shared_footage, tmp_path)
    untaught = replace(chain.recipe, ar=(replace(chain.recipe.ar[0], loop=replace(chain.recipe.ar[0].loop, steps=0)),))
    chain = replace(chain, recipe=untaught)
    assert chain.autoencoder() and chain.teacher() and chain.ar()
    handed_on, there = load_file(tmp_path / "ar-0" / WEIGHTS), load_file(tiny_world / GENERATOR)
    assert all(torch.equal(handed_on[name], tensor.float()) for name, tensor in there.items())


@pytest.mark.parametrize(
    ("context", "sampler", "said"),
    [
        ({"remembers": "pictures"}, "consistency", "remembers latents, not pictures"),
        ({"window": WINDOW + 1}, "consistency", f"window {WINDOW}, not {WINDOW + 1}"),
        ({}, "euler", "sampler consistency, not euler"),
    ],
)
def test_what_is_handed_on_as_it_is_plays_as_it_did(
    context: dict[str, Any], sampler: Literal["consistency", "euler"], said: str, tiny_world: Path
) -> None:
    start, played = WorldStart(str(tiny_world), SHAPE), ContextConfig(sink=SINK, window=WINDOW)
    start.plays_as(played, SamplerConfig())
    with pytest.raises(RunError, match=said):
        start.plays_as(replace(played, **context), SamplerConfig(kind=sampler))


def attacks(root: Path) -> Path:
    """Footage that walks and attacks at times, and holds no other key."""
    records = [record | {"ws": 0, "ad": 0, "scs": 0, "keys": []} for record in make_records(12, 0)]
    for record in records[5:9]:
        record["keys"] = ["attack", "forward"]
    for folder in ("metadata", "video"):
        (root / folder).mkdir(parents=True)
    write_metadata(root / "metadata" / "a.json", records)
    write_video(root / "video" / "a.mp4", make_frames(records, 0))
    return root


def test_a_world_knows_the_keys_of_its_footage_and_those_that_it_knew(tiny_world: Path, tmp_path: Path) -> None:
    chain = chain_from(tiny_world, attacks(tmp_path / "footage"), tmp_path / "run")
    assert replace(chain, start=None).keys == ("forward", "attack") and chain.keys == KEYS[:8]
    phase = replace(chain.recipe.ar[0], loop=replace(chain.recipe.ar[0].loop, steps=1, save_every=1))
    chain = replace(chain, recipe=replace(chain.recipe, ar=(phase,), init=None, distill=None))
    assert chain.autoencoder() and chain.ar()
    export_stage(chain, "ar-0", tmp_path / "stage", chain.sampler("ar-0"))
    (tmp_path / "about.toml").write_text(ABOUT)
    export_chain(chain, chain.dataset(), tmp_path / "about.toml", tmp_path / "out")
    live = chain.folder("ar-0") / "live" / "step-00000001"
    assert all(read_spec(world).actions == KEYS[:8] for world in (live, tmp_path / "stage", tmp_path / "out"))
    for place, learned in ((tiny_world, False), (tmp_path / "out", True)):
        world = load_world(str(place))
        idle, attacked = (
            world.start(world.scenes[0].name, seed=1).step(action) for action in (IDLE, Action(attack=True))
        )
        assert bool((idle != attacked).any()) == learned


def test_the_same_run_from_elsewhere_is_another_run(tiny_world: Path, shared_footage: Path, tmp_path: Path) -> None:
    assert chain_from(tiny_world, shared_footage, tmp_path).autoencoder()
    chain = replace(chain_from(tiny_world, shared_footage, tmp_path), start=None)
    with pytest.raises(RunError, match="was made from something else"):
        chain.autoencoder()


def test_a_world_of_another_shape_is_refused(tiny_world: Path) -> None:
    with pytest.raises(RunError, match="its autoencoder has inner_width 8, not 16 as the recipe wants"):
        WorldStart(str(tiny_world), AutoencoderConfig(**(vars(SHAPE) | {"inner_width": 16})))
    with pytest.raises(RunError, match="its autoencoder has latent_channels 4, not 3 as the recipe wants"):
        WorldStart(str(tiny_world), replace(SHAPE, latent_channels=3))
    start = WorldStart(str(tiny_world), SHAPE)
    with pytest.raises(RunError, match="its transformer has depth 2, not 3 as the recipe wants"):
        start.weights(replace(tiny_transformer().config, depth=3), 0)


def test_a_world_of_fewer_latent_channels_is_trained_on(tiny_world: Path, shared_footage: Path, tmp_path: Path) -> None:
    wide = replace(SHAPE, latent_channels=SHAPE.latent_channels + 2)
    recipe = replace(micro(), autoencoder=replace(micro().autoencoder, model=wide, kept=1.0))
    model = replace(MODEL, latent_channels=wide.latent_channels)
    recipe = replace(recipe, teacher=tuple(replace(stage, model=model) for stage in recipe.teacher))
    dataset, start = GFMinecraft(shared_footage), WorldStart(str(tiny_world), wide)
    chain = Chain(recipe, lambda: dataset, tmp_path, torch.device("cpu"), lambda: False, start=start)
    assert chain.autoencoder() and chain.teacher()
    learned, brought = load_file(tmp_path / "autoencoder" / WEIGHTS), load_file(tiny_world / AUTOENCODER)
    assert learned["latent_mean"].shape == (wide.latent_channels,)
    assert not torch.equal(learned["encoder.1.weight"], brought["encoder.1.weight"])
    rows = [json.loads(row) for row in (tmp_path / "autoencoder" / "log.jsonl").read_text().splitlines()]
    drifts = [row["drift"] for row in rows if "drift" in row]
    assert drifts[0] == 0 < drifts[-1]
    assert chain.autoencoder(), "done is done"


def test_a_world_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="unknown world 'nowhere'"):
        WorldStart("nowhere", SHAPE)
    with pytest.raises(RunError, match=r"holds no world\.toml"):
        WorldStart(str(tmp_path), SHAPE)
