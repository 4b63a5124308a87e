"""Stages of a few numbers, whose runs take no time."""

import copy
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from training.loop import Critic, LoopConfig, step_generator
from training.optimizers import OptimizerConfig

CONFIG = LoopConfig(
    steps=12,
    seed=3,
    optimizer=OptimizerConfig(lr=0.01, warmup=2),
    log_every=2,
    save_every=4,
    picture_every=6,
)


class LineStage:
    """Fits a small network to noise drawn per step."""

    critic: Critic | None = None

    def __init__(self, config: LoopConfig = CONFIG, *, wrong: Mapping[int, float] | None = None) -> None:
        torch.manual_seed(config.seed)
        self.config, self.wrong, self.seen = config, wrong or {}, list[int]()
        blocks = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 1))
        self.model = nn.Sequential(OrderedDict(blocks=blocks))  # Muon takes the matrices of what is called so
        self.ema = copy.deepcopy(self.model)

    @property
    def recipe(self) -> Mapping[str, Any]:
        return {"stage": "line"} | asdict(self.config)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        self.seen.append(step)
        x = torch.randn((8, 3), generator=step_generator(self.config.seed, step))
        loss: Tensor = (self.model(x) - x.sum(1, keepdim=True)).square().mean()
        return loss * self.wrong.get(step, 1.0), {"mse": loss.detach()}

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        return {"grey": np.full((4, 6, 3), 128, np.uint8)}


class JudgedStage(LineStage):
    """Fits the same network to what a critic, which learns from it in turn, makes of its work."""

    def __init__(self, config: LoopConfig = CONFIG, *, wrong: Mapping[int, float] | None = None) -> None:
        super().__init__(config)
        self.judge = nn.Linear(3, 1)
        optimizer = OptimizerConfig(lr=0.02, warmup=0)
        self.wrong_turns = wrong or {}
        self.critic = Critic(self.judge, optimizer, 3, self.critic_loss)

    def critic_loss(self, step: int, turn: int) -> tuple[Tensor, dict[str, Tensor]]:
        x = torch.randn((8, 3), generator=step_generator(self.config.seed, step, turn=turn + 1))
        loss: Tensor = (self.judge(x) - self.model(x).detach()).square().mean()
        return loss * self.wrong_turns.get(3 * step + turn, 1.0), {"turn": torch.tensor(turn)}

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        loss, logs = super().loss(step)
        x = torch.randn((8, 3), generator=step_generator(self.config.seed, step))
        return loss + 0.1 * (self.model(x) - self.judge(x)).square().mean(), logs
