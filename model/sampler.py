"""How a frame is drawn: which timesteps, and what happens between them.

The kind belongs to the weights: a consistency student sampled with Euler looks broken, and an AR model sampled as a
student looks soft (reference section 3.1), so it is stored in world.toml and nothing else can be chosen in play.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from .schedule import add_noise, timestep_grid, to_x0

Predict = Callable[[Tensor, Tensor], Tensor]
"""(x_t, t) -> velocity; x_t of the latent's shape, t a scalar tensor."""


@dataclass(frozen=True, kw_only=True)
class SamplerConfig:
    """Sampler of a world."""

    kind: Literal["consistency", "euler"] = "consistency"
    shift: float = 5.0
    steps: dict[str, tuple[float, ...]] = field(
        default_factory=lambda: {
            "1": (1000.0,),
            "2": (1000.0, 2500 / 3),
            "4": (1000.0, 937.5, 2500 / 3, 625.0),
        }
    )
    """Timesteps by number of steps (`consistency` only; `euler` walks the shifted grid of that many steps)."""
    default_steps: int = 2

    def __post_init__(self) -> None:
        if self.kind == "consistency" and str(self.default_steps) not in self.steps:
            raise ValueError(f"default_steps {self.default_steps} has no list in steps")
        for name, timesteps in self.steps.items():
            falling = all(a > b for a, b in itertools.pairwise(timesteps))
            if str(len(timesteps)) != name or not falling or not all(0 < t <= 1000 for t in timesteps):
                raise ValueError(f"steps.{name} must hold {name} falling timesteps in (0, 1000]")

    def timesteps(self, steps: int) -> Tensor:
        """Timesteps of a frame, the first at 1000; `euler` has one more, the final 0."""
        if self.kind == "euler":
            return timestep_grid(steps, self.shift)
        return torch.tensor(self.steps[str(steps)])

    def allows(self, steps: int) -> bool:
        """Whether a frame can be drawn in that many steps."""
        return steps >= 1 if self.kind == "euler" else str(steps) in self.steps


def sample(config: SamplerConfig, steps: int, predict: Predict, draw: Callable[[], Tensor]) -> Tensor:
    """Draw one clean latent; `draw` returns fresh unit noise of the latent's shape at each call."""
    x = draw()
    timesteps = config.timesteps(steps).to(x.device)
    if config.kind == "euler":
        for t, following in itertools.pairwise(timesteps):
            x = x - (t - following) / 1000 * predict(x, t)
        return x
    first, *others = timesteps.unbind()
    x0 = to_x0(x, predict(x, first), first)
    for t in others:
        x = add_noise(x0, draw(), t)
        x0 = to_x0(x, predict(x, t), t)
    return x0
