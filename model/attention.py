"""Softmax attention and rotation, and the simplest way to attend: bidirectional.

The same weights attend in several ways: bidirectional (here), causally over a whole clip (`clip_attention`) and one
frame against the cache (`cache`). Each is an `Attend`, built once per forward from the positions of its tokens and
then called by every layer. Inside a frame attention is always bidirectional.

Letters: b batch, f frames, n tokens per frame, h heads, d channels per head.
"""

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from .attention_gradient import attend_by_products
from .positions import RotaryPositions, paired, rotate

try:
    from flash_attn import flash_attn_func as _flash
except ImportError:  # the extra `flash` is not installed: torch's own attention does the same, a little slower
    _flash = None

flash_attention: Callable[[Tensor, Tensor, Tensor], Tensor] | None = _flash


class Attend(Protocol):
    """How tokens of one forward see each other."""

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q, k, v (b, tokens, h, d), not rotated yet -> attended values of the same shape."""


class Rotation:
    """Cosines and sines of the tokens of one forward."""

    def __init__(self, positions: RotaryPositions, index: Tensor, poses: Tensor) -> None:
        """Positions of frames with `index` (f,) or (b, f) and `poses` (b, f, 2) in degrees."""
        self.cos, self.sin = paired(positions.phases(index, poses)[:, :, None])
        self._values = positions.rotates_values

    def to(self, dtype: torch.dtype) -> "Rotation":
        """Return the same rotation in another precision (itself if it is that already)."""
        if self.cos.dtype == dtype:
            return self
        other = object.__new__(Rotation)
        other.cos, other.sin, other._values = self.cos.to(dtype), self.sin.to(dtype), self._values
        return other

    def keys(self, x: Tensor) -> Tensor:
        """Rotate queries or keys (b, tokens, h, d)."""
        return rotate(x, self.cos, self.sin)

    def values(self, x: Tensor) -> Tensor:
        """Rotate values, where values rotate at all."""
        return rotate(x, self.cos, self.sin) if self._values else x

    def back(self, x: Tensor) -> Tensor:
        """Undo the rotation of attended values at the query's own position."""
        return rotate(x, self.cos, self.sin, back=True) if self._values else x

    def all(self, q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotate queries, keys and values at once."""
        if not self._values:
            return self.keys(q), self.keys(k), v
        rotated_q, rotated_k, rotated_v = rotate(torch.stack((q, k, v)), self.cos, self.sin).unbind()
        return rotated_q, rotated_k, rotated_v


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None = None) -> Tensor:
    """Plain softmax attention over all keys: (b, tokens, h, d) each; by flash-attn where it is installed and can.

    `bias` (queries, keys), of the same precision, is added to the scores: minus infinity hides a key.
    """
    if flash_attention is not None and bias is None and q.is_cuda and q.dtype in (torch.float16, torch.bfloat16):
        flashed: Tensor = flash_attention(q, k, v)
        return flashed
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    if q.dtype == torch.bfloat16 and q.device.type == "cpu" and q.requires_grad:
        return attend_by_products(q, k, v, bias).transpose(1, 2)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias).transpose(1, 2)


class Bidirectional:
    """Every frame sees every frame."""

    def __init__(self, positions: RotaryPositions, index: Tensor, poses: Tensor) -> None:
        """Frames with `index` (f,) and `poses` (b, f, 2)."""
        self._rotation = Rotation(positions, index, poses)

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        rotation = self._rotation.to(q.dtype)
        return rotation.back(attend(rotation.keys(q), rotation.keys(k), rotation.values(v)))
