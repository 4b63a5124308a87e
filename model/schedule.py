"""Flow matching: noise levels, grids and the conversions between what a network sees and what it predicts.

x_t = (1 - s) x0 + s e and v = e - x0 with s = t / 1000 exactly (reference section 1); everything here stays in fp32.
Play asks for nothing of it that needs torch.
"""

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from torch import Tensor

Array = TypeVar("Array", "Tensor", "npt.NDArray[np.float32]")
"""Latents, in torch or in numpy."""

T_MAX = 1000.0
"""Timestep of pure noise."""


def shifted(u: "Tensor | float", shift: float) -> "Tensor":
    """Warp uniform noise levels u in [0, 1] towards noise: s = shift u / (1 + (shift - 1) u)."""
    import torch

    level = torch.as_tensor(u, dtype=torch.float32)
    return shift * level / (1 + (shift - 1) * level)


def timestep_list(count: int, shift: float) -> tuple[float, ...]:
    """Timesteps (count + 1,) from exactly 1000 down to exactly 0, the terminal point included."""
    levels = (1 - k / count for k in range(count + 1))
    return tuple(T_MAX * shift * level / (1 + (shift - 1) * level) for level in levels)


def timestep_grid(count: int, shift: float) -> "Tensor":
    """The same as a tensor."""
    import torch

    return torch.tensor(timestep_list(count, shift))


def add_noise(x0: Array, noise: Array, t: "Tensor | float") -> Array:
    """Return x_t; `t` in [0, 1000] broadcasts over the leading dimensions of x0."""
    s = _level(t, x0)
    x_t: Array = (1 - s) * x0 + s * noise
    return x_t


def velocity(x0: "Tensor", noise: "Tensor") -> "Tensor":
    """Return the training target v = noise - x0."""
    return noise - x0


def to_x0(x_t: Array, v: Array, t: "Tensor | float") -> Array:
    """Return the clean picture that a velocity implies: x0 = x_t - s v."""
    x0: Array = x_t - _level(t, x_t) * v
    return x0


def _level(t: "Tensor | float", like: Any) -> Any:
    if isinstance(t, float):
        return t / T_MAX
    if t.ndim == 0:  # a number from the CPU is handed to a GPU's kernels as it is; nobody waits for it
        return t.float() / T_MAX
    return (t.to(like.device).float() / T_MAX).reshape(*t.shape, *(1,) * (like.ndim - t.ndim))
