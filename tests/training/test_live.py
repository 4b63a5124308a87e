"""Worlds that a running stage leaves: whole, few, cheap, and without a trace in what is trained."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from app.watch.weights import newest_first, training_now
from model.actions import KEYS, Action
from model.footage.gf_minecraft import GFMinecraft
from model.world import load_world
from model.world_spec import AUTOENCODER, GENERATOR, check_weights, read_scenes, read_spec
from training import live
from training.live import LiveWorlds
from training.stage_weights import WEIGHTS
from training.stage_world import about_stage, footage_scenes

from ..tiny_world import tiny_transformer
from .micro import micro, micro_chain


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def worlds(until_ar: Path, shared_footage: Path, tmp_path: Path) -> Iterator[tuple[LiveWorlds, list[str]]]:
    """Those of a stage in an empty folder, and what they said."""
    said: list[str] = []
    recipe, dataset = micro(), GFMinecraft(shared_footage)
    about = about_stage("micro", "ar-0", dataset, KEYS[:7], recipe.ar[0].context, recipe.ar_sampler)
    autoencoder = micro_chain(shared_footage, until_ar).load_autoencoder()[0]
    yield LiveWorlds(tmp_path / "ar-0", about, autoencoder, lambda: dataset, said.append), said


def test_stages_from_the_ar_model_on_leave_worlds_that_play(until_ar: Path) -> None:
    assert not (until_ar / "autoencoder" / "live").exists() and not (until_ar / "teacher-0" / "live").exists()
    for stage in ("ar-0", "ar-1"):
        assert names(until_ar / stage / "live") == ["step-00000002", "step-00000004"]
    newest = until_ar / "ar-1" / "live" / "step-00000004"
    world = load_world(str(newest), device="cpu")
    assert (world.spec.name, world.spec.title) == ("micro-ar-1", "micro, stage ar-1, step 4")
    assert (
        world.spec.sampler.kind == "euler" and world.default_steps == 3 and world.default_steps in world.allowed_steps
    )
    assert world.start("scene-1").step(Action(forward=True)).shape == (32, 48, 3)
    trained, played = load_file(until_ar / "ar-1" / WEIGHTS), load_file(newest / GENERATOR)
    assert all(torch.equal(trained[name].bfloat16(), tensor) for name, tensor in played.items())


def test_the_player_finds_what_a_run_leaves(until_ar: Path) -> None:
    assert [weights.title for weights in newest_first(until_ar)] == [
        "step 4 of ar-1", "step 2 of ar-1", "step 4 of ar-0", "step 2 of ar-0",
    ]  # fmt: skip
    assert training_now(until_ar) == "ar-1, step 4"


def test_training_is_the_same_to_the_byte_where_no_world_can_be_written(
    until_ar: Path, shared_footage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("autoencoder", "latents", "teacher-0"):
        shutil.copytree(until_ar / folder, tmp_path / folder)
    (tmp_path / "ar-0").mkdir()
    (tmp_path / "ar-0" / "live").write_text("in the way")
    assert micro_chain(shared_footage, tmp_path).ar()
    for stage in ("ar-0", "ar-1"):
        assert (tmp_path / stage / WEIGHTS).read_bytes() == (until_ar / stage / WEIGHTS).read_bytes()
    assert capsys.readouterr().err.count("left no world to play") == 1


def test_what_does_not_change_is_linked_and_only_the_newest_stay(worlds: tuple[LiveWorlds, list[str]]) -> None:
    for step in range(1, 6):
        worlds[0].leave(step, tiny_transformer(step))
    folder = worlds[0].folder
    assert names(folder) == ["step-00000003", "step-00000004", "step-00000005"]
    kept = [folder / name for name in names(folder)]
    assert len({(world / AUTOENCODER).stat().st_ino for world in kept}) == 1
    assert len({(world / GENERATOR).read_bytes() for world in kept}) == 3
    for step, world in enumerate(kept, start=3):
        check_weights(world, read_spec(world))
        assert read_spec(world).title.endswith(f"step {step}") and len(read_scenes(world)) == 3
    assert worlds[1] == []


def test_a_run_that_goes_back_drops_what_is_to_come_again(worlds: tuple[LiveWorlds, list[str]]) -> None:
    for step in (10, 20, 30):
        worlds[0].leave(step, tiny_transformer(step))
    worlds[0].leave(20, tiny_transformer(99))
    assert names(worlds[0].folder) == ["step-00000010", "step-00000020"]
    told = load_file(worlds[0].folder / "step-00000020" / GENERATOR)
    assert all(torch.equal(told[name], tensor.bfloat16()) for name, tensor in tiny_transformer(99).state_dict().items())


def test_what_a_killed_process_left_goes_and_a_lost_link_is_made_anew(worlds: tuple[LiveWorlds, list[str]]) -> None:
    (worlds[0].folder / ".torn" / "world").mkdir(parents=True)
    worlds[0].leave(1, tiny_transformer())
    shutil.rmtree(worlds[0].folder / "step-00000001")
    worlds[0].leave(2, tiny_transformer())
    assert names(worlds[0].folder) == ["step-00000002"] and worlds[1] == []


def test_without_links_files_are_copied(worlds: tuple[LiveWorlds, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(live.os, "link", refuse)
    for step in (1, 2):
        worlds[0].leave(step, tiny_transformer(step))
    check_weights(worlds[0].folder / "step-00000002", read_spec(worlds[0].folder / "step-00000002"))
    assert worlds[1] == []


def test_scenes_are_the_middles_of_clips(shared_footage: Path) -> None:
    dataset = GFMinecraft(shared_footage)
    for index, scene in enumerate(footage_scenes(dataset)):
        clip = dataset.read(index)
        assert scene.picture.tobytes() == clip.frames[len(clip) // 2].tobytes()
