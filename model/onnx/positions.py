"""Rotary positions as `model.positions` has them, from tables that stand in an exported graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import WorldError

Array = npt.NDArray[np.float32]

_TABLES = ("time", "row", "column", "down", "right")


class Positions:
    """Cosines and sines of a frame's tokens, found in double precision, for a walk that may go on for ever."""

    def __init__(self, tables: Mapping[str, Any], *, tokens: int, head_dim: int) -> None:
        """Take what `model.positions.RotaryPositions.tables` gave; raises WorldError for what does not fit."""
        try:
            self.rotates_values = tables["kind"] == "rays"
            arrays = [np.array(tables[name], np.float64) for name in _TABLES]
            self._time, self._row, self._column, self._down, self._right = arrays
            pairs, cells = sum(part.size for part in arrays[:3]), {part.size for part in arrays[3:]}
        except (KeyError, TypeError, ValueError) as error:
            raise WorldError(f"the world's positions are not readable ({error}); export it again") from None
        if any(part.ndim != 1 for part in arrays) or (pairs, cells) != (head_dim // 2, {tokens}):
            raise WorldError("the world's positions do not fit its frames; export it again")

    def rotation(self, frame: int, pose: npt.NDArray[np.float64]) -> tuple[Array, Array]:
        """Cosines and signed sines (n, 1, d) of frame number `frame` whose camera has `pose` (2,), in degrees."""
        n = len(self._down)
        rows, columns = self._rays(*np.deg2rad(pose)) if self.rotates_values else (self._down, self._right)
        time = np.broadcast_to(frame * self._time, (n, len(self._time)))
        phases = np.concatenate((time, rows[:, None] * self._row, columns[:, None] * self._column), axis=1)[:, None]
        cos, sin = np.cos(phases).astype(np.float32), np.sin(phases).astype(np.float32)
        return np.concatenate((cos, cos), axis=-1), np.concatenate((-sin, sin), axis=-1)

    def _rays(self, pitch: float, yaw: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Elevation (down is positive) and azimuth (n,) of every token's viewing ray."""
        ahead = np.cos(pitch) - self._down * np.sin(pitch)
        below = self._down * np.cos(pitch) + np.sin(pitch)
        return np.arctan2(below, np.hypot(ahead, self._right)), np.arctan2(self._right, ahead) + yaw


def rotate(x: Array, cos: Array, sin: Array) -> Array:
    """Rotate channel i against channel i + d/2 of x (..., d), as `model.positions.rotate` does."""
    first, second = np.split(x, 2, axis=-1)
    turned: Array = x * cos + np.concatenate((second, first), axis=-1) * sin
    return turned
