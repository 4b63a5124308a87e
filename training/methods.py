"""The published methods as edits of a recipe: each differs from Causal Forcing++ in a few lines.

The paper's Table 2 is `initialised` with each of `INITS`, and `distilled` with 1, 2 and 4 steps.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from model.errors import RunError

from .recipe import Recipe
from .recipes import FOUR_STEPS
from .stages.consistency import ConsistencyConfig
from .stages.distill import DistillConfig
from .stages.trajectories import TrajectoryConfig

INITS = ("causal-cd", "causal-ode", "bidirectional-ode", "causal-dmd", "none")
"""Ways to make a student of the AR model before distillation."""


def initialised(recipe: Recipe, method: str) -> Recipe:
    """Return a recipe whose student begins by `method`, one of `INITS`, with the recipe's own consistency settings.

    Raises:
        RunError: when there is no such method, or the recipe lacks what it is made of.
    """
    if method not in INITS:
        raise RunError(f"unknown method {method!r}; use one of {', '.join(INITS)}")
    base = recipe.init
    if not isinstance(base, ConsistencyConfig):
        raise RunError(f"recipe {recipe.name!r} has no consistency settings to make {method!r} of; take another")
    if method == "bidirectional-ode" and not recipe.teacher:
        raise RunError(f"recipe {recipe.name!r} has no bidirectional teacher for {method!r}; take another")
    shared: dict[str, Any] = {
        "loop": base.loop, "model": base.model, "shift": base.shift,
        "compiled": base.compiled, "checkpointed": base.checkpointed,
        "context": replace(base.context, sink_gap=0, noise=0.0, recycled=0),
        "guidance": base.guidance,
    }  # fmt: skip
    if method == "causal-cd":
        return recipe
    if method == "none":
        return replace(recipe, init=None)
    if method in ("causal-ode", "bidirectional-ode"):
        teacher: Literal["causal", "bidirectional"] = "causal" if method == "causal-ode" else "bidirectional"
        return replace(recipe, init=TrajectoryConfig(**shared, teacher=teacher))
    like = _distillation(recipe)
    init = DistillConfig(
        **shared, rollout="teacher-forcing", scores="causal", timesteps=FOUR_STEPS,
        critic=like.critic, critic_updates=like.critic_updates, span=like.span,
    )  # fmt: skip
    return replace(recipe, init=replace(init, loop=replace(base.loop, optimizer=like.loop.optimizer)))


def distilled(
    recipe: Recipe,
    *,
    loss: Literal["dmd", "sid", "gan"] | None = None,
    rollout: Literal["self", "diffusion-forcing"] | None = None,
    steps: int | None = None,
) -> Recipe:
    """Return a recipe with another last stage; what is None stays as it is."""
    config = _distillation(recipe)
    if loss is not None:
        config = replace(config, loss=loss)
    if rollout is not None:
        config = replace(config, rollout=rollout, first=config.first if rollout == "self" else ())
    sampler = replace(recipe.sampler, first=config.first)
    if steps is not None:
        if str(steps) not in sampler.steps:
            raise RunError(f"{steps} steps have no list of timesteps; use one of {', '.join(sampler.steps)}")
        config = replace(config, timesteps=sampler.steps[str(steps)])
        sampler = replace(sampler, default_steps=steps)
    return replace(recipe, distill=config, sampler=sampler)


def causvid(recipe: Recipe) -> Recipe:
    """CausVid (arXiv:2412.07772): bidirectional ODE, then DMD on diffusion-forced real clips, four steps."""
    return distilled(initialised(recipe, "bidirectional-ode"), rollout="diffusion-forcing", steps=4)


def self_forcing(recipe: Recipe) -> Recipe:
    """Self Forcing (arXiv:2506.08009): bidirectional ODE, then DMD on self-rollouts, one list for all frames."""
    return _one_list(distilled(initialised(recipe, "bidirectional-ode"), steps=4))


def causal_forcing(recipe: Recipe) -> Recipe:
    """Causal Forcing: trajectories of the AR teacher, then DMD on self-rollouts, four steps."""
    return _one_list(distilled(initialised(recipe, "causal-ode"), steps=4))


METHODS: dict[str, Callable[[Recipe], Recipe]] = {
    "causal-forcing++": lambda recipe: recipe,
    "causal-forcing": causal_forcing,
    "self-forcing": self_forcing,
    "causvid": causvid,
}
"""Published pipelines by name."""


def _one_list(recipe: Recipe) -> Recipe:
    """Without steps of the first frame's own."""
    config = replace(_distillation(recipe), first=())
    return replace(recipe, distill=config, sampler=replace(recipe.sampler, first=()))


def _distillation(recipe: Recipe) -> DistillConfig:
    if recipe.distill is None:
        raise RunError(f"recipe {recipe.name!r} ends before distillation; choose one that has a last stage")
    return recipe.distill
