"""Three ways to attend with the same weights: bidirectional, teacher-forced, and one frame against the cache.

Each is built once per forward from the positions of its tokens and then called by every layer. Inside a frame
attention is always bidirectional. Nothing needs a mask: each frame's queries meet just the keys that they may see, so
no work is spent on pairs that a mask would throw away (reference section 2: a dense mask wastes three quarters).

Letters: b batch, f frames, n tokens per frame, h heads, d channels per head.
"""

from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from .positions import RotaryPositions, rotate


class Attend(Protocol):
    """How tokens of one forward see each other."""

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """q, k, v (b, tokens, h, d), not rotated yet -> attended values of the same shape."""


class Rotation:
    """Cosines and sines of the tokens of one forward."""

    def __init__(self, positions: RotaryPositions, index: Tensor, poses: Tensor) -> None:
        """Positions of frames with `index` (f,) or (b, f) and `poses` (b, f, 2) in degrees."""
        phases = positions.phases(index, poses)[:, :, None]
        self.cos, self.sin = phases.cos(), phases.sin()
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
        return rotate(x, self.cos, -self.sin) if self._values else x


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Plain softmax attention over all keys: (b, tokens, h, d) each."""
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


def visible(frame: int, sink: int, window: int) -> list[int]:
    """Earlier frames that `frame` may see: the first `sink` and the last `window` before it."""
    return [j for j in range(frame) if j < sink or j >= frame - window]


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
        q, k, v = rotation.keys(q), rotation.keys(k), rotation.values(v)
        n = q.shape[1] // self._frames
        parts = [
            attend(q[:, i * n : (i + 1) * n], k[:, : (i + 1) * n], v[:, : (i + 1) * n]) for i in range(self._frames)
        ]
        return rotation.back(torch.cat(parts, dim=1))


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
        rotation = self._rotation.to(q.dtype)
        q, k, v = rotation.keys(q), rotation.keys(k), rotation.values(v)
        f = self._frames
        n = q.shape[1] // (2 * f)
        clean, noisy = [], []
        for i in range(f):
            seen = (i + 1) * n  # clean frames 0..i
            own = slice((f + i) * n, (f + i + 1) * n)  # noisy frame i + 1
            clean.append(attend(q[:, i * n : seen], k[:, :seen], v[:, :seen]))
            keys, values = torch.cat((k[:, :seen], k[:, own]), 1), torch.cat((v[:, :seen], v[:, own]), 1)
            noisy.append(attend(q[:, own], keys, values))
        return rotation.back(torch.cat(clean + noisy, dim=1))


def check_clip(frames: int, sink: int, window: int) -> int:
    """Return `frames`; a parallel forward holds at most sink + window + 1 of them.

    In a longer clip the sink would stand at another distance from each query, as it does in the cache, and one set of
    positions could no longer express that: better refused than silently different from play.
    """
    if not 2 <= frames <= sink + window + 1:
        raise ValueError(f"a parallel forward takes 2 to {sink + window + 1} frames (sink {sink}, window {window}), got {frames}")
    return frames
