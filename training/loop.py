"""The training loop that every stage shares.

Batches, noise and timesteps of a step are a pure function of (seed, step), so a run that is killed and resumed walks
the same curve: only weights, EMA, optimiser state and the step have to be stored.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from model.errors import RunError

from .checkpoint import (
    Checkpoint,
    load_newest,
    optimizer_tensors,
    prefixed,
    restore_optimizer,
    save_checkpoint,
    unprefixed,
)
from .data_wait import LARGE_SHARE
from .distributed import average_gradients, gathered, mean, on_any, rank, shard, spread, whole
from .divergence import Divergence, LossWatch
from .logs import RunLog
from .optimizers import OptimizerConfig, build_optimizers, set_learning_rate
from .utilisation import UtilisationMeter

_FEED = "put the dataset and its latents on a faster disk, or leave the run more memory and processor cores"


@dataclass(frozen=True, kw_only=True)
class LoopConfig:
    """Length of a run and what it leaves behind on the way."""

    steps: int
    seed: int = 0
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    ema_decay: float = 0.999
    log_every: int = 20
    save_every: int = 200
    picture_every: int = 500


@dataclass(frozen=True)
class Critic:
    """A second network that learns beside a stage's model, by a loss of its own."""

    network: nn.Module
    optimizer: OptimizerConfig
    updates: int
    """Updates before each one of the model; a step of the loop is one update of the model."""
    loss: Callable[[int, int], tuple[Tensor, dict[str, Tensor]]]
    """(step, turn) -> loss of the batch of that update, and numbers to log."""


class Stage(Protocol):
    """One training phase."""

    @property
    def model(self) -> nn.Module:
        """What trains."""

    @property
    def ema(self) -> nn.Module:
        """Running average of `model`'s weights, kept up by the loop; what is exported."""

    @property
    def critic(self) -> Critic | None:
        """What trains in turn with `model`, if anything does."""

    @property
    def recipe(self) -> Mapping[str, Any]:
        """Everything that defines the run, as plain JSON values; a resume must match it."""

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the batch of this step, and numbers to log."""

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Pictures (h, w, 3) that show how far it is."""


def step_generator(seed: int, step: int, device: torch.device | str = "cpu", *, turn: int = 0) -> torch.Generator:
    """Return the generator from which all randomness of one step is drawn, or of a critic's update number `turn` in it.

    The model's own update has turn 0, a critic's first turn 1. Each rank of a distributed run has draws of its own.
    """
    mixed = np.random.SeedSequence([seed, step, turn, rank()]).generate_state(1, np.uint64)[0]
    return torch.Generator(device).manual_seed(int(mixed >> 1))


def train(
    stage: Stage,
    config: LoopConfig,
    folder: Path,
    stop: Callable[[], bool] = lambda: False,
    *,
    origin: Mapping[str, Any] | None = None,
    saved: Callable[[int], None] | None = None,
) -> int:
    """Run `stage` until `config.steps` or until `stop()`; resume from `folder` if it holds a checkpoint.

    `origin` says what the run is made from beside its recipe, as plain JSON values; a resume must match it too.
    `saved` is called with the steps done after each checkpoint, by the first rank alone.
    Returns the number of steps done in all.

    Raises:
        RunError: when `folder` belongs to another recipe or cannot be written, or a loss is not finite or explodes (see
            `LossWatch`); the last checkpoint stays.
    """
    with RunLog(folder, config.steps) as log:
        learners = _learners(stage, config)
        recipe = {**stage.recipe, **(origin or {})}
        first = _resume(stage, learners, folder, recipe, log)
        log.resume(first)
        meter = UtilisationMeter(next(stage.model.parameters()).device)
        started, due, warned = time.monotonic(), False, False
        for step in range(first, config.steps):
            try:
                with meter.step() as counting:
                    numbers = _step(stage, learners, step, config, counting)
            except Divergence as error:
                raise RunError(
                    f"at step {step} {error}; lower the learning rate and start in another folder ({folder} keeps the "
                    "last good state)"
                ) from None
            done = step + 1
            if done % config.log_every == 0 or done == config.steps:
                rates = {"seconds_per_step": (time.monotonic() - started) / (done - first)} | meter.reading()
                means = mean([float(number) for number in numbers.values()])
                log.scalars(done, dict(zip(numbers, means, strict=True)) | rates)
                if rates["data_wait"] > LARGE_SHARE and not warned:
                    warned = True
                    log.warn(f"{rates['data_wait']:.0%} of the time is spent waiting for data; {_FEED}")
            due = due or done % config.save_every == 0
            if any(learner.watch.straying for learner in learners) and done < config.steps:
                continue  # neither saved nor stopped until it is known whether this is an explosion
            stopped = on_any(stop())
            pictured = done % config.picture_every == 0 or done == config.steps
            if due or pictured or stopped:
                state = gathered(_state(stage, learners))
                if rank() == 0:
                    save_checkpoint(folder, Checkpoint(done, state, recipe))
                    if saved is not None:
                        saved(done)
                due = False
            if pictured:  # only once all is saved: a picture that fails costs no step
                log.pictures(done, stage.pictures())
            if stopped:
                return done
        return config.steps


def _step(
    stage: Stage, learners: "list[_Learner]", step: int, config: LoopConfig, counting: AbstractContextManager[Any]
) -> dict[str, Tensor | float]:
    """All updates of one step and the EMA's; returns numbers to log."""
    numbers: dict[str, Tensor | float] = {}
    for learner in learners:
        for turn in range(learner.updates):
            numbers |= learner.update(step, turn, config.steps, counting)
    update_ema(stage.ema, stage.model, min(config.ema_decay, (step + 1) / (step + 10)))
    return numbers


class _Learner:
    """A network, its optimisers and its loss."""

    def __init__(
        self,
        name: str,
        network: nn.Module,
        config: OptimizerConfig,
        updates: int,
        loss: Callable[[int, int], tuple[Tensor, dict[str, Tensor]]],
    ) -> None:
        self.name, self.network, self.updates = name, network, updates
        shard(network)
        self.optimizers = build_optimizers(network, config)
        self.watch = LossWatch(name)
        self._config, self._loss = config, loss
        self._trained = [p for o in self.optimizers for group in o.param_groups for p in group["params"]]

    def update(
        self, step: int, turn: int, steps: int, counting: AbstractContextManager[Any]
    ) -> dict[str, Tensor | float]:
        """Make one update, `counting` the products of loss and gradient.

        Returns numbers to log, those of a critic under its name. Raises Divergence before any weight is touched.
        """
        rate = set_learning_rate(self.optimizers, self._config, step, steps)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        with counting:
            loss, logs = self._loss(step, turn)
            loss.backward()  # type: ignore[no-untyped-call] # torch leaves it unannotated
        average_gradients(self._trained)
        norm = whole(torch.nn.utils.clip_grad_norm_(self._trained, self._config.clip)).item()
        (value,) = mean([loss.item()])
        self.watch.judge(value, norm)
        for optimizer in self.optimizers:
            optimizer.step()
        updates = step * self.updates + turn + 1
        numbers = {"loss": value, "grad_norm": norm, "lr": rate, "updates": updates} | logs
        return numbers if self.name == "model" else {f"{self.name}_{key}": number for key, number in numbers.items()}


def _learners(stage: Stage, config: LoopConfig) -> list[_Learner]:
    """The critic, if there is one, then the model: so that the model is judged by one that knows its latest work."""
    model = _Learner("model", stage.model, config.optimizer, 1, lambda step, turn: stage.loss(step))
    if stage.critic is None:
        return [model]
    critic = stage.critic
    return [_Learner("critic", critic.network, critic.optimizer, critic.updates, critic.loss), model]


@torch.no_grad()
def update_ema(ema: nn.Module, model: nn.Module, decay: float) -> None:
    """Move `ema` towards `model`: ema = decay * ema + (1 - decay) * model, parameter by parameter."""
    torch._foreach_lerp_(list(ema.parameters()), [whole(p) for p in model.parameters()], 1 - decay)


def _state(stage: Stage, learners: list[_Learner]) -> dict[str, Tensor]:
    tensors = prefixed("ema", stage.ema.state_dict())
    for learner in learners:
        tensors |= prefixed(learner.name, learner.network.state_dict())
        tensors |= prefixed(f"{learner.name}_watch", learner.watch.state())
        for i, optimizer in enumerate(learner.optimizers):
            tensors |= prefixed(f"{learner.name}_optimizer{i}", optimizer_tensors(optimizer))
    return tensors


def _resume(stage: Stage, learners: list[_Learner], folder: Path, recipe: Mapping[str, Any], log: RunLog) -> int:
    checkpoint = load_newest(folder, log.warn)
    if checkpoint is None:
        return 0
    if changed := differences(checkpoint.recipe, recipe):
        raise RunError(
            f"{folder}: belongs to another recipe or other footage ({'; '.join(changed)}); resume with that or use "
            "another folder"
        )
    stage.ema.load_state_dict(unprefixed("ema", checkpoint.tensors))
    for learner in learners:
        held = learner.network.state_dict()
        saved = unprefixed(learner.name, checkpoint.tensors)
        learner.network.load_state_dict({k: spread(v, held[k]) if k in held else v for k, v in saved.items()})
        learner.watch.load_state(unprefixed(f"{learner.name}_watch", checkpoint.tensors))
        for i, optimizer in enumerate(learner.optimizers):
            restore_optimizer(optimizer, unprefixed(f"{learner.name}_optimizer{i}", checkpoint.tensors))
    log.note(f"resumed at step {checkpoint.step}")
    return checkpoint.step


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """List where two recipes differ, as `a.b: was 1, now 2`."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            line
            for key in sorted({*old, *new})
            for line in differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
        ]
    same = list(old) == list(new) if isinstance(old, list | tuple) and isinstance(new, list | tuple) else old == new
    return [] if same else [f"{path}: was {old}, now {new}"]
