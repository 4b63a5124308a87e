"""Statistics as LeRobot keeps them: of each feature of each episode, and of the whole dataset."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from model.footage.clip import Frames

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """What is known of some samples of one feature; two add up to what is known of both."""

    count: int
    low: Floats
    """Least value per entry, as `high` and `mean` of the shape of one sample."""
    high: Floats
    mean: Floats
    spread: Floats
    """Sum of squared differences from the mean."""

    def __add__(self, other: "Moments") -> "Moments":
        """Of the samples of both (Chan, Golub and LeVeque 1979: no large numbers cancel)."""
        count = self.count + other.count
        apart = other.mean - self.mean
        return Moments(
            count,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            self.mean + apart * other.count / count,
            self.spread + other.spread + apart**2 * self.count * other.count / count,
        )

    def table(self, count: int | None = None) -> dict[str, Any]:
        """Plain lists under LeRobot's names; `count` where a sample is not what was counted."""
        deviation = np.sqrt(self.spread / self.count)
        values = {"min": self.low, "max": self.high, "mean": self.mean, "std": deviation}
        return {name: value.tolist() for name, value in values.items()} | {"count": [count or self.count]}


def moments(samples: npt.NDArray[Any]) -> Moments:
    """Of samples (t,) or (t, n), at least one; single numbers are lists of one in LeRobot's tables."""
    values = np.asarray(samples, np.float64).reshape(len(samples), -1)
    mean = values.mean(0)
    return Moments(len(values), values.min(0), values.max(0), mean, ((values - mean) ** 2).sum(0))


def picture_moments(frames: Frames) -> Moments:
    """Of every pixel of frames (t, h, w, 3), per channel in shape (3, 1, 1), in 0..1; counted in pixels."""
    levels = np.arange(256) / 255
    counts = np.stack([np.bincount(frames[..., channel].ravel(), minlength=256) for channel in range(3)])
    total = int(counts[0].sum())
    mean = counts @ levels / total
    spread = (counts * (levels - mean[:, None]) ** 2).sum(1)
    low, high = (levels[np.array([np.flatnonzero(row)[end] for row in counts])] for end in (0, -1))
    return Moments(total, *(value.reshape(3, 1, 1) for value in (low, high, mean, spread)))
