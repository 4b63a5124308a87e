"""How a frame is drawn: which timesteps, and what happens between them.

The kind belongs to the weights: a consistency student sampled with Euler looks broken, and an AR model sampled as a
student looks soft (reference section 3.1), so it is stored in world.toml and nothing else can be chosen in play.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple

from .schedule import Array, add_noise, timestep_list, to_x0

if TYPE_CHECKING:
    from torch import Tensor

MOST_STEPS = 1000
"""Evaluations that a frame may take."""

Predict = Callable[["Tensor", "Tensor"], "Tensor"]
"""(x_t, t) -> velocity; x_t of the latent's shape, t a scalar tensor on the CPU."""


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
    first: tuple[float, ...] = ()
    """Timesteps of the first frame after a scene, however many steps the others take; as the others if empty."""
    default_steps: int = 2

    def __post_init__(self) -> None:
        if not 0.001 <= self.shift <= 1000:  # far below, a grid divides by zero
            raise ValueError(f"shift is {self.shift}, it must lie in 0.001..1000")
        if not 1 <= self.default_steps <= MOST_STEPS:
            raise ValueError(f"default_steps is {self.default_steps}, it must lie in 1..{MOST_STEPS}")
        if self.kind == "consistency" and str(self.default_steps) not in self.steps:
            raise ValueError(f"default_steps {self.default_steps} has no list in steps")
        for name, timesteps in self.steps.items():
            if str(len(timesteps)) != name or not 1 <= len(timesteps) <= MOST_STEPS or not _falls(timesteps):
                raise ValueError(f"steps.{name[:80]!r} must hold as many falling timesteps in (0, 1000]")
        if len(self.first) > MOST_STEPS or not _falls(self.first):
            raise ValueError(f"first must hold at most {MOST_STEPS} falling timesteps in (0, 1000]")

    def timestep_list(self, steps: int, *, first: bool = False) -> tuple[float, ...]:
        """Timesteps of a frame, of the `first` one after a scene or another; `euler` has one more, the final 0."""
        if self.kind == "euler":
            return timestep_list(steps, self.shift)
        return self.first if first and self.first else self.steps[str(steps)]

    def timesteps(self, steps: int, *, first: bool = False) -> "Tensor":
        """Return `timestep_list` as a tensor."""
        import torch

        return torch.tensor(self.timestep_list(steps, first=first))

    def allows(self, steps: int) -> bool:
        """Whether a frame can be drawn in that many steps."""
        return 1 <= steps <= MOST_STEPS if self.kind == "euler" else str(steps) in self.steps


def _falls(timesteps: tuple[float, ...]) -> bool:
    return all(a > b for a, b in itertools.pairwise(timesteps)) and all(0 < t <= 1000 for t in timesteps)


class Sample(NamedTuple, Generic[Array]):
    """A frame that was drawn."""

    latent: Array
    """Clean."""
    noisy: Array
    """What the last evaluation was given."""


def sample(
    kind: Literal["consistency", "euler"],
    timesteps: Iterable[Any],
    predict: Callable[[Array, Any], Array],
    draw: Callable[[], Array],
) -> Sample[Array]:
    """Draw one clean latent by `timesteps` (n,); `draw` returns fresh unit noise of the latent's shape at each call.

    Timesteps are scalar tensors where latents are torch's, numbers where they are numpy's.

    `euler` walks the probability flow from each timestep to the next. `consistency` predicts the clean latent and adds
    fresh noise for the next timestep; it ends with the last prediction, so that a shorter list draws a coarser frame.
    """
    x = noisy = draw()
    if kind == "euler":
        for t, following in itertools.pairwise(timesteps):
            noisy = x
            x = x - (t - following) / 1000 * predict(x, t)
        return Sample(x, noisy)
    for k, t in enumerate(timesteps):
        noisy = add_noise(x, draw(), t) if k else x
        x = to_x0(noisy, predict(noisy, t), t)
    return Sample(x, noisy)
