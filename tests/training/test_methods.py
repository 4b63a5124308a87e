"""Published methods: each differs from its base in the lines that it should, and each trains to a world that plays."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from model.actions import Action
from model.errors import RunError
from model.world import load_world
from training.loop import differences
from training.methods import INITS, METHODS, distilled, initialised
from training.milestones import export_stage
from training.recipe import Recipe
from training.recipes import FOUR_STEPS
from training.stages.distill import DistillConfig
from training.stages.trajectories import TrajectoryConfig

from .micro import LOOP, micro, micro_chain, with_few_walks

REAL_CONTEXT = {"init.context.sink_gap", "init.context.noise", "init.context.recycled"}
WALKED = REAL_CONTEXT | {f"init.{name}" for name in ("teacher", "grid", "kept", "shards", "shard_clips")}
MATCHED = REAL_CONTEXT | {
    f"init.{name}"
    for name in (
        "grid", "loss", "rollout", "scores", "timesteps", "first", "score_frames", "span", "normalised",
        "critic_updates", "critic", "penalty",
    )
}  # fmt: skip
ONE_LIST = {"distill.first", "sampler.first"}
FOUR = {"distill.timesteps", "sampler.default_steps"}


def changed(recipe: Recipe) -> set[str]:
    """Fields in which a recipe differs from `micro`."""
    return {line.partition(":")[0] for line in differences(asdict(micro()), asdict(recipe))}


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("causal-cd", set()),
        ("none", {"init"}),
        ("causal-ode", WALKED),
        ("bidirectional-ode", WALKED),
        ("causal-dmd", MATCHED),
    ],
)
def test_an_initialisation_changes_just_its_fields(method: str, fields: set[str]) -> None:
    assert method in INITS
    assert changed(initialised(micro(), method)) == fields


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("causal-forcing++", set()),
        ("causal-forcing", WALKED | FOUR | ONE_LIST),
        ("self-forcing", WALKED | FOUR | ONE_LIST),
        ("causvid", WALKED | FOUR | ONE_LIST | {"distill.rollout"}),
    ],
)
def test_a_published_pipeline_changes_just_its_fields(name: str, fields: set[str]) -> None:
    recipe = METHODS[name](micro())
    assert changed(recipe) == fields
    if fields:
        assert recipe.distill is not None and isinstance(recipe.init, TrajectoryConfig)
        assert recipe.distill.timesteps == FOUR_STEPS and recipe.sampler.default_steps == 4
        assert recipe.init.teacher == ("causal" if name == "causal-forcing" else "bidirectional")


def test_all_methods_are_tested() -> None:
    assert set(INITS) == {"causal-cd", "none", "causal-ode", "bidirectional-ode", "causal-dmd"}
    assert set(METHODS) == {"causal-forcing++", "causal-forcing", "self-forcing", "causvid"}


def test_causal_dmd_learns_as_the_last_stage_does() -> None:
    base = micro()
    assert base.distill is not None
    last = replace(base.distill, critic_updates=4, span=(50.0, 900.0), critic=replace(base.distill.critic, lr=3e-5))
    last = replace(last, loop=replace(last.loop, steps=9, optimizer=replace(last.loop.optimizer, lr=7e-5)))
    init = initialised(replace(base, distill=last), "causal-dmd").init
    assert isinstance(init, DistillConfig)
    assert (init.critic_updates, init.span, init.critic) == (4, (50.0, 900.0), last.critic)
    assert init.loop == replace(LOOP, optimizer=last.loop.optimizer)  # as many steps as any initialisation
    assert (init.rollout, init.scores, init.timesteps) == ("teacher-forcing", "causal", FOUR_STEPS)


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, set()),
        ({"loss": "sid"}, {"distill.loss"}),
        ({"rollout": "diffusion-forcing"}, ONE_LIST | {"distill.rollout"}),
        ({"rollout": "self"}, set()),
        ({"steps": 1}, FOUR),
        ({"steps": 2}, set()),
    ],
)
def test_distillation_changes_just_what_is_asked(change: dict[str, object], fields: set[str]) -> None:
    recipe = distilled(micro(), **change)  # type: ignore[arg-type] # the parameters are right by name
    assert changed(recipe) == fields
    assert recipe.distill is not None
    assert recipe.sampler.steps[str(recipe.sampler.default_steps)] == recipe.distill.timesteps


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda: initialised(micro(), "magic"), "unknown method 'magic'; use one of causal-cd, causal-ode"),
        (lambda: initialised(replace(micro(), init=None), "causal-cd"), "'micro' has no consistency settings"),
        (lambda: initialised(initialised(micro(), "causal-ode"), "causal-cd"), "has no consistency settings"),
        (lambda: initialised(replace(micro(), distill=None), "causal-dmd"), "ends before distillation; choose"),
        (
            lambda: initialised(replace(micro(), distill=None, teacher=()), "bidirectional-ode"),
            "'micro' has no bidirectional teacher for 'bidirectional-ode'",
        ),
        (lambda: distilled(replace(micro(), distill=None), loss="sid"), "'micro' ends before distillation"),
        (lambda: distilled(micro(), steps=3), "3 steps have no list of timesteps; use one of 1, 2, 4"),
        (lambda: METHODS["causvid"](replace(micro(), distill=None)), "'micro' ends before distillation"),
    ],
)
def test_what_a_recipe_has_nothing_for_is_refused(change: Callable[[], Recipe], said: str) -> None:
    with pytest.raises(RunError, match=said):
        change()


def _quick(recipe: Recipe) -> Recipe:
    assert recipe.distill is not None
    return replace(with_few_walks(recipe), distill=replace(recipe.distill, loop=replace(LOOP, steps=2)))


@pytest.mark.parametrize(
    "change",
    [
        *(pytest.param(lambda recipe, method=method: initialised(recipe, method), id=method) for method in INITS),
        *(pytest.param(METHODS[name], id=name) for name in ("self-forcing", "causvid")),
        pytest.param(lambda recipe: distilled(recipe, loss="sid"), id="sid"),
        pytest.param(lambda recipe: distilled(recipe, loss="gan", rollout="diffusion-forcing"), id="gan"),
    ],
)
def test_every_method_ends_in_a_world_that_plays(
    change: Callable[[Recipe], Recipe], until_ar: Path, shared_footage: Path, tmp_path: Path
) -> None:
    recipe = _quick(change(micro()))
    places = {name: tmp_path / name for name in ("init", "trajectories", "distill")}
    chain = micro_chain(shared_footage, until_ar, recipe=recipe, elsewhere=places)
    assert chain.init() and chain.distill()
    assert places["trajectories"].exists() == isinstance(recipe.init, TrajectoryConfig)
    export_stage(chain, "distill", tmp_path / "world", chain.sampler("distill"))
    session = load_world(str(tmp_path / "world"), device="cpu").start("scene-1")
    frames = [session.step(Action(forward=True, yaw=2.0)) for _ in range(3)]
    assert all(frame.shape == (32, 48, 3) and frame.dtype == np.uint8 for frame in frames)
