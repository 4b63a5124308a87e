"""Flow matching: noise levels, grids and the conversions between what a network sees and what it predicts.

x_t = (1 - s) x0 + s e and v = e - x0 with s = t / 1000 exactly (reference section 1); everything here stays in fp32.
"""

import torch
from torch import Tensor

T_MAX = 1000.0
"""Timestep of pure noise."""


def shifted(u: Tensor | float, shift: float) -> Tensor:
    """Warp uniform noise levels u in [0, 1] towards noise: s = shift u / (1 + (shift - 1) u)."""
    level = torch.as_tensor(u, dtype=torch.float32)
    return shift * level / (1 + (shift - 1) * level)


def timestep_grid(count: int, shift: float) -> Tensor:
    """Timesteps (count + 1,) from exactly 1000 down to exactly 0, the terminal point included."""
    return T_MAX * shifted(torch.linspace(1, 0, count + 1, dtype=torch.float64).float(), shift)


def add_noise(x0: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """Return x_t; `t` in [0, 1000] broadcasts over the leading dimensions of x0."""
    s = _level(t, x0)
    return (1 - s) * x0 + s * noise


def velocity(x0: Tensor, noise: Tensor) -> Tensor:
    """Return the training target v = noise - x0."""
    return noise - x0


def to_x0(x_t: Tensor, v: Tensor, t: Tensor) -> Tensor:
    """Return the clean picture that a velocity implies: x0 = x_t - s v."""
    return x_t - _level(t, x_t) * v


def _level(t: Tensor, like: Tensor) -> Tensor:
    if t.ndim == 0:  # a number from the CPU is handed to a GPU's kernels as it is; nobody waits for it
        return t.float() / T_MAX
    return (t.to(like.device).float() / T_MAX).reshape(*t.shape, *(1,) * (like.ndim - t.ndim))
