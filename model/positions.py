"""Rotary positions: where a token lies in time and in the picture, or in the world around the viewer.

`grid` is Wan's 3-D RoPE over (frame, row, column). `rays` turns rows and columns into elevation and azimuth of the
token's viewing ray under the camera's pose, which is known exactly from the mouse: what was seen in some direction is
then found at relative position 0 however the camera turned since. Values are rotated too and rotated back after
attention (as in GTA, arXiv:2310.10375, and PRoPE, arXiv:2507.10496), so that a head also learns by how much, below the
size of a token, the content it fetched is displaced. Azimuth frequencies are whole numbers: a full turn is no turn.

Letters: b batch, f frames, n tokens per frame, p pairs of channels per head.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

_BASE = 10000.0
_MAX_FREQUENCY = 40.0  # cycles per full turn; one latent cell of the shipped world (7 degrees) is then about 5 rad


@dataclass(frozen=True, kw_only=True)
class PositionConfig:
    """What positions mean."""

    kind: Literal["grid", "rays"] = "rays"
    field_of_view: float = 72.0
    """Vertical field of view of the footage, in degrees (`rays` only)."""

    def __post_init__(self) -> None:
        if not 1 <= self.field_of_view <= 170:
            raise ValueError(f"field_of_view is {self.field_of_view}, it must lie in 1..170 degrees")


class RotaryPositions:
    """Phases of tokens, one per pair of channels."""

    def __init__(self, config: PositionConfig, head_dim: int, rows: int, columns: int) -> None:
        """Prepare tables for pictures of `rows` x `columns` tokens."""
        self.config, self.rows, self.columns = config, rows, columns
        side = 2 * (head_dim // 6)  # Wan's split: two thirds for the picture, the rest for time
        time = head_dim - 2 * side
        self._time = _wan_frequencies(time)
        if config.kind == "grid":
            self._row = self._column = _wan_frequencies(side)
        else:
            spread = torch.logspace(0, math.log2(_MAX_FREQUENCY), side // 2, base=2.0)
            self._row = self._column = spread.round()
        focal = rows / 2 / math.tan(math.radians(config.field_of_view) / 2)
        self._down = (torch.arange(rows).float() - (rows - 1) / 2)[:, None].expand(rows, columns).reshape(-1) / focal
        self._right = (torch.arange(columns).float() - (columns - 1) / 2).repeat(rows) / focal

    def on(self, device: torch.device) -> "RotaryPositions":
        """Return the same positions with their tables on `device`, which need not be sent there each time then."""
        other = copy.copy(self)
        other._time, other._row, other._column = (part.to(device) for part in (self._time, self._row, self._column))
        other._down, other._right = self._down.to(device), self._right.to(device)
        return other

    def tables(self) -> Mapping[str, str | list[float]]:
        """Return all that `phases` needs besides indices and poses: the kind, frequencies, and where the tokens are."""
        if self.config.kind == "rays":
            down, right = self._down, self._right
        else:
            down = torch.arange(self.rows).repeat_interleave(self.columns)
            right = torch.arange(self.columns).repeat(self.rows)
        parts = {"time": self._time, "row": self._row, "column": self._column, "down": down, "right": right}
        return {"kind": self.config.kind} | {name: part.tolist() for name, part in parts.items()}

    @property
    def rotates_values(self) -> bool:
        """Whether values take part in the rotation."""
        return self.config.kind == "rays"

    def phases(self, index: Tensor, poses: Tensor) -> Tensor:
        """Frame indices (b, f) or (f,) and poses (b, f, 2), degrees (pitch, yaw) -> phases (b, f * n, p) in radians.

        In the precision of `poses`: double for a session, whose frame number and yaw may grow for ever.
        """
        b, f = poses.shape[:2]
        n = self.rows * self.columns
        device = poses.device
        time = index.to(device, poses.dtype).expand(b, f)[:, :, None, None] * self._time.to(device)
        if self.config.kind == "grid":
            rows = torch.arange(self.rows, device=device).repeat_interleave(self.columns).float().expand(b, f, n)
            columns = torch.arange(self.columns, device=device).repeat(self.rows).float().expand(b, f, n)
        else:
            rows, columns = self._rays(poses)
        parts = (
            time.expand(b, f, n, -1),
            rows[..., None] * self._row.to(device),
            columns[..., None] * self._column.to(device),
        )
        return torch.cat(parts, dim=-1).reshape(b, f * n, -1)

    def _rays(self, poses: Tensor) -> tuple[Tensor, Tensor]:
        """Poses (b, f, 2) in degrees -> elevation (down is positive) and azimuth (b, f, n) in radians."""
        pitch, yaw = torch.deg2rad(poses).unbind(-1)
        pitch, yaw = pitch[..., None], yaw[..., None]
        down, right = self._down.to(poses.device), self._right.to(poses.device)
        ahead = pitch.cos() - down * pitch.sin()
        below = down * pitch.cos() + pitch.sin()
        elevation = torch.atan2(below, torch.hypot(ahead, right.expand_as(ahead)))
        return elevation, torch.atan2(right.expand_as(ahead), ahead) + yaw


def _wan_frequencies(width: int) -> Tensor:
    return _BASE ** -(torch.arange(0, width, 2, dtype=torch.float64) / width).float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor, *, back: bool = False) -> Tensor:
    """Rotate channel i against channel i + d/2 of x (..., d) by phases given as `paired` cosines and sines (..., d).

    Few and large operations: on a CPU a frame's tokens are so little work that each operation's overhead counts.
    """
    first, second = x.chunk(2, dim=-1)
    across = torch.cat((second, first), dim=-1) * sin
    return x * cos - across if back else x * cos + across


def paired(phases: Tensor) -> tuple[Tensor, Tensor]:
    """Phases (..., d/2) -> cosines and signed sines (..., d) as `rotate` wants them."""
    cos, sin = phases.cos().float(), phases.sin().float()
    return torch.cat((cos, cos), dim=-1), torch.cat((-sin, sin), dim=-1)
