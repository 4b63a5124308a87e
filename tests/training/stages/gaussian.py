"""A world of one Gaussian, in which scores, flow and optimal predictions are known in closed form."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Gaussian:
    """Independent entries with one mean and deviation."""

    mean: Tensor
    deviation: Tensor

    def denoise(self, x_t: Tensor, t: Tensor) -> Tensor:
        """E[x0 | x_t]; t broadcasts over the leading dimensions of x_t."""
        s = _level(x_t, t)
        variance = (1 - s) ** 2 * self.deviation**2 + s**2
        return self.mean + (1 - s) * self.deviation**2 / variance * (x_t - (1 - s) * self.mean)

    def velocity(self, x_t: Tensor, t: Tensor) -> Tensor:
        """E[noise - x0 | x_t] for t > 0."""
        return (x_t - self.denoise(x_t, t)) / _level(x_t, t)

    def flow(self, x_t: Tensor, t: Tensor) -> Tensor:
        """Where the probability flow takes x_t by t = 0."""
        s = _level(x_t, t)
        spread = ((1 - s) ** 2 * self.deviation**2 + s**2).sqrt()
        return self.mean + self.deviation / spread * (x_t - (1 - s) * self.mean)


def _level(x: Tensor, t: Tensor) -> Tensor:
    return (t / 1000).reshape(*t.shape, *(1,) * (x.ndim - t.ndim)).clamp(min=torch.finfo(torch.float32).tiny)
