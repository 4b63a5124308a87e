"""From footage to a world that plays: all stages of a micro recipe, stopped and resumed on the way."""

import json
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
from model.errors import RunError
from model.footage.gf_minecraft import GFMinecraft
from model.world import load_world
from training.chain import Chain
from training.data.frames import FrameStreamConfig
from training.methods import distilled, initialised
from training.recipe import Recipe
from training.recipes import RECIPES
from training.stage_weights import WEIGHTS
from training.stages.sharpen import SharpenConfig
from training.worlds import export_chain

from .micro import ABOUT, LOOP, micro, micro_chain, with_few_walks

STAGES = (Chain.autoencoder, Chain.teacher, Chain.ar, Chain.init, Chain.distill)
FOLDERS = ("autoencoder", "teacher-0", "ar-0", "ar-1", "init", "distill")


def recipe_of(path: Path) -> str:
    """What a stage says it was made from."""
    with safe_open(path, framework="pt") as file:
        recipe: str = file.metadata()["recipe"]
    return recipe


@pytest.fixture(scope="module")
def finished(until_ar: Path, shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a run in which every stage is done."""
    root = tmp_path_factory.mktemp("run")
    shutil.copytree(until_ar, root, dirs_exist_ok=True)
    chain = micro_chain(shared_footage, root)
    assert chain.init() and chain.distill()
    return root


def test_stages_end_in_a_world_that_plays(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    chain = micro_chain(shared_footage, finished)
    (tmp_path / "about.toml").write_text(ABOUT)
    export_chain(chain, GFMinecraft(shared_footage), tmp_path / "about.toml", tmp_path / "world")
    world = load_world(str(tmp_path / "world"))
    frame = world.start("wall").step(Action(forward=True))
    assert frame.shape == (32, 48, 3) and frame.dtype == np.uint8
    assert world.spec.looks
    latents = torch.cat([clip.latents for clip in chain.latents().clips]).float()
    assert latents.mean((0, 2, 3)).abs().max() < 0.5 and (latents.std((0, 2, 3)) - 1).abs().max() < 0.5


def test_stopped_stages_resume_to_the_same_weights(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    for name in FOLDERS:
        checkpoint = tmp_path / name / "checkpoint-00000002.safetensors"
        chain = micro_chain(shared_footage, tmp_path, checkpoint.exists)
        assert not all(stage(chain) for stage in STAGES)  # ends what was stopped before, stops a step after that file
        assert checkpoint.exists() and not (tmp_path / name / WEIGHTS).exists()
    assert micro_chain(shared_footage, tmp_path).distill()
    for name in FOLDERS:
        assert (tmp_path / name / WEIGHTS).read_bytes() == (finished / name / WEIGHTS).read_bytes()


def test_walks_that_were_stopped_go_on_to_the_same_student(
    until_ar: Path, shared_footage: Path, tmp_path: Path
) -> None:
    recipe, students = with_few_walks(initialised(micro(), "causal-ode")), []
    for name in ("straight", "stopped"):
        places = {folder: tmp_path / name / folder for folder in ("init", "trajectories")}
        first, second = (places["trajectories"] / f"00000{number}.safetensors" for number in range(2))
        if name == "stopped":
            assert not micro_chain(shared_footage, until_ar, first.exists, recipe=recipe, elsewhere=places).init()
            assert first.exists() and not second.exists() and not places["init"].exists()
        assert micro_chain(shared_footage, until_ar, recipe=recipe, elsewhere=places).init()
        students.append((places["init"] / WEIGHTS).read_bytes())
    assert students[0] == students[1]


def test_branches_share_what_is_before_them(
    finished: Path, until_ar: Path, shared_footage: Path, tmp_path: Path
) -> None:
    before = sorted(until_ar.iterdir())
    for steps in (2, 1):
        places = {name: tmp_path / str(steps) / name for name in ("init", "distill")}
        recipe = distilled(micro(), steps=steps)
        if steps == 1:
            recipe = initialised(recipe, "none")
        chain = micro_chain(shared_footage, until_ar, recipe=recipe, elsewhere=places)
        assert chain.init() and chain.distill() and chain.student()
        assert places["init"].exists() == (steps == 2)
    assert sorted(until_ar.iterdir()) == before
    students = [(root / "distill" / WEIGHTS).read_bytes() for root in (finished, tmp_path / "2", tmp_path / "1")]
    assert students[0] == students[1] != students[2]


def test_encoding_stops_when_asked(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    shutil.copytree(finished / "autoencoder", tmp_path / "autoencoder")
    assert not micro_chain(shared_footage, tmp_path, lambda: True).teacher()
    assert not (tmp_path / "teacher-0").exists()


def test_what_is_done_is_not_done_again(finished: Path, shared_footage: Path) -> None:
    before = [(finished / name / WEIGHTS).stat().st_mtime_ns for name in FOLDERS]
    chain = micro_chain(shared_footage, finished, lambda: True)
    assert all(stage(chain) for stage in STAGES)
    assert [(finished / name / WEIGHTS).stat().st_mtime_ns for name in FOLDERS] == before


def _other_teacher(recipe: Recipe) -> Recipe:
    return replace(recipe, teacher=(replace(recipe.teacher[0], action_dropout=0.3),))


def _other_init(recipe: Recipe) -> Recipe:
    assert recipe.init is not None
    return replace(recipe, init=replace(recipe.init, shift=4.0))


def _other_distill(recipe: Recipe) -> Recipe:
    assert recipe.distill is not None
    return replace(recipe, distill=replace(recipe.distill, critic_updates=3))


@pytest.mark.parametrize(
    ("change", "done", "refused", "said"),
    [
        (_other_teacher, 1, "teacher-0", "action_dropout: was 0.2, now 0.3"),
        (_other_init, 3, "init", "shift: was 5.0, now 4.0"),
        (_other_distill, 4, "distill", "critic_updates: was 2, now 3"),
    ],
)
def test_weights_of_another_recipe_are_refused(
    change: Callable[[Recipe], Recipe], done: int, refused: str, said: str, finished: Path, shared_footage: Path
) -> None:
    chain = micro_chain(shared_footage, finished, recipe=change(micro()))
    assert all(stage(chain) for stage in STAGES[:done])
    for use in (*STAGES[done:], Chain.student):
        with pytest.raises(RunError, match=rf"{said}\); give another --root, or delete .*{refused} to train"):
            use(chain)


def test_weights_of_another_dataset_are_refused(finished: Path, footage: Path) -> None:
    with pytest.raises(RunError, match="dataset: was "):
        micro_chain(footage, finished).student()


def test_weights_of_another_start_are_refused(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / "ar-0" / WEIGHTS
    recipe = recipe_of(path)
    save_file({name: tensor + 1 for name, tensor in load_file(path).items()}, path, {"recipe": recipe})
    with pytest.raises(RunError, match=r"ar-1.*start: was "):
        micro_chain(shared_footage, tmp_path / "run").student()


def test_weights_of_another_teacher_are_refused(finished: Path, shared_footage: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / "distill" / WEIGHTS
    made_from = json.loads(recipe_of(path))
    assert made_from["teacher"] == micro_chain(shared_footage, finished).digest("teacher-0")
    save_file(load_file(path), path, {"recipe": json.dumps(made_from | {"teacher": "another"})})
    chain = micro_chain(shared_footage, tmp_path / "run")
    assert chain.init()
    with pytest.raises(RunError, match=r"distill.*\(teacher: was another, now "):
        chain.distill()


@pytest.mark.parametrize(
    ("method", "teacher"),
    [("causal-cd", None), ("causal-ode", "ar-1"), ("causal-dmd", "ar-1"), ("bidirectional-ode", "teacher-0")],
)
def test_each_method_names_its_teacher(method: str, teacher: str | None, until_ar: Path, shared_footage: Path) -> None:
    chain = micro_chain(shared_footage, until_ar, recipe=initialised(micro(), method))
    made_from = chain.made_from("init")
    assert made_from["start"] == chain.digest("ar-1")
    assert made_from.get("teacher") == (None if teacher is None else chain.digest(teacher))


def test_a_student_of_a_teacher_that_the_recipe_lacks_is_refused() -> None:
    with pytest.raises(ValueError, match="distill is led by a bidirectional teacher"):
        replace(micro(), teacher=())
    walked = replace(initialised(micro(), "bidirectional-ode"), distill=None)
    with pytest.raises(ValueError, match="init is led by a bidirectional teacher"):
        replace(walked, teacher=())
    assert not replace(initialised(micro(), "causal-dmd"), distill=None, teacher=()).teacher


def test_weights_that_do_not_say_what_they_are_made_from_are_refused(
    finished: Path, shared_footage: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    path = tmp_path / "run" / "autoencoder" / WEIGHTS
    save_file(load_file(path), path)
    with pytest.raises(RunError, match="does not say what it was made from"):
        micro_chain(shared_footage, tmp_path / "run").student()
    path.write_bytes(b"torn")
    with pytest.raises(RunError, match="damaged"):
        micro_chain(shared_footage, tmp_path / "run").autoencoder()


def test_a_stage_asks_for_the_one_before(shared_footage: Path, tmp_path: Path) -> None:
    for stage, before in ((Chain.teacher, "autoencoder"), (Chain.ar, "teacher"), (Chain.distill, "init")):
        with pytest.raises(RunError, match=f"missing; run the stage '{before}' to its end first"):
            stage(micro_chain(shared_footage, tmp_path))


def test_shipped_recipes_are_valid() -> None:
    assert all(recipe().name == name for name, recipe in RECIPES.items())


@pytest.mark.parametrize("name", sorted(RECIPES.keys() - {"micro"}))
def test_shipped_recipes_end_on_the_context_of_play(name: str) -> None:
    """That is full; `micro` falls a frame short of it, and stays as it was when methods were compared with it."""
    recipe = RECIPES[name]()
    for config in filter(None, (recipe.ar[-1], recipe.init)):
        assert config.context.frames >= config.context.sink + config.context.window + 1


def test_pictures_are_not_learned_through_one_decoder_and_shown_by_another() -> None:
    with pytest.raises(ValueError, match="leave sharpen out"):
        replace(micro(), sharpen=_sharpening())


def test_stages_before_a_sharpened_decoder_can_be_trained_again(
    finished: Path, shared_footage: Path, tmp_path: Path
) -> None:
    shutil.copytree(finished, tmp_path / "run")
    recipe = replace(micro(), init=None, distill=None, sharpen=_sharpening(), ar=micro().ar[:1])
    chain = micro_chain(shared_footage, tmp_path / "run", recipe=recipe)
    assert chain.ar() and chain.sharpen()
    sharpened = chain.shown_autoencoder().state_dict()
    (tmp_path / "run" / "ar-0" / WEIGHTS).unlink()
    plain = chain.shown_autoencoder().state_dict()
    assert any(not torch.equal(sharpened[name], plain[name]) for name in plain)
    assert chain.ar()


def test_the_walks_of_a_stage_count_among_the_samples_of_footage() -> None:
    recipe = RECIPES["refine"]()
    assert recipe.sharpen is not None
    assert recipe.longest_sample == recipe.sharpen.walk_context + recipe.sharpen.walk_frames
    assert replace(recipe, sharpen=None).longest_sample == recipe.ar[0].context.frames


def _sharpening() -> SharpenConfig:
    return SharpenConfig(loop=LOOP, data=FrameStreamConfig(batch=2, clips_at_once=2), columns=4, width=4)
