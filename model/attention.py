"""Three ways to attend with the same weights: bidirectional, teacher-forced, and one frame against the cache.

Each is built once per forward from the positions of its tokens and then called by every layer. Inside a frame
attention is always bidirectional. Nothing needs a mask: each frame's queries meet just the keys that they may see, so
no work is spent on pairs that a mask would throw away (reference section 2: a dense mask wastes three quarters).

Letters: b batch, f frames, n tokens per frame, h heads, d channels per head.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

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


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Plain softmax attention over all keys: (b, tokens, h, d) each; by flash-attn where it is installed and can."""
    if flash_attention is not None and q.is_cuda and q.dtype in (torch.float16, torch.bfloat16):
        flashed: Tensor = flash_attention(q, k, v)
        return flashed
    out = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
    return out.transpose(1, 2)


class Bidirectional:
    """Every frame sees every frame."""

    def __init__(self, positions: RotaryPositions, index: Tensor, poses: Tensor) -> None:
        """Frames with `index` (f,) and `poses` (b, f, 2)."""
        self._rotation = Rotation(positions, index, poses)

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        rotation = self._rotation.to(q.dtype)
        return rotation.back(attend(rotation.keys(q), rotation.keys(k), rotation.values(v)))


class Causal:
    """Frame i sees itself and the sink and window before it (diffusion forcing; clips whose frames all carry noise)."""

    def __init__(self, positions: RotaryPositions, poses: Tensor, sink: int, window: int) -> None:
        """Clip with `poses` (b, f, 2); at most sink + window + 1 frames, see `check_clip`."""
        self._frames = check_clip(poses.shape[1], sink, window)
        self._rotation = Rotation(positions, torch.arange(self._frames), poses)
        self._sink, self._window = sink, window

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        rotation = self._rotation.to(q.dtype)
        queries, keys, values = _frames(rotation, self._frames, q, k, v)
        parts = [attend(queries[i], _join(keys[: i + 1]), _join(values[: i + 1])) for i in range(self._frames)]
        return rotation.back(_join(parts))


class TeacherForced:
    """Tokens are [clean frames 0..f-1 | noisy frames 1..f]: a noisy frame sees the clean ones before it and itself.

    The noisy copy of frame 0 has no context and the clean copy of the last frame no use: both are left out.
    """

    def __init__(self, positions: RotaryPositions, poses: Tensor, sink: int, window: int) -> None:
        """Clip with `poses` (b, f + 1, 2) of frames 0..f."""
        self._frames = check_clip(poses.shape[1], sink, window) - 1
        index = torch.cat((torch.arange(self._frames), torch.arange(1, self._frames + 1)))
        self._rotation = Rotation(positions, index, poses[:, index])

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        rotation, f = self._rotation.to(q.dtype), self._frames
        queries, keys, values = _frames(rotation, 2 * f, q, k, v)
        clean, noisy = [], []
        for i in range(f):
            clean.append(attend(queries[i], _join(keys[: i + 1]), _join(values[: i + 1])))
            seen = (*keys[: i + 1], keys[f + i]), (*values[: i + 1], values[f + i])
            noisy.append(attend(queries[f + i], _join(seen[0]), _join(seen[1])))
        return rotation.back(_join(clean + noisy))


def _frames(rotation: Rotation, frames: int, q: Tensor, k: Tensor, v: Tensor) -> list[tuple[Tensor, ...]]:
    """Rotate and split (b, f * n, h, d) into f tensors (b, n, h, d) each: one split, whose gradient is one join."""
    rotated = rotation.keys(q), rotation.keys(k), rotation.values(v)
    return [x.view(len(x), frames, -1, *x.shape[2:]).unbind(1) for x in rotated]


def _join(frames: Sequence[Tensor]) -> Tensor:
    """Frames (b, n, h, d) -> (b, f * n, h, d)."""
    return torch.cat(tuple(frames), dim=1)


def check_clip(frames: int, sink: int, window: int) -> int:
    """Return `frames`; a parallel forward holds at most sink + window + 1 of them.

    In a longer clip the sink would stand at another distance from each query, as it does in the cache, and one set of
    positions could no longer express that: better refused than silently different from play.
    """
    if not 2 <= frames <= sink + window + 1:
        raise ValueError(
            f"a parallel forward takes 2 to {sink + window + 1} frames (sink {sink}, window {window}), got {frames}"
        )
    return frames
