"""The generator's memory in play: keys and values of the sink frames and of the last window of frames.

Slots are preallocated and a ring overwrites the oldest, so that a session has no last frame and cost and memory per
frame are constant. Keys are stored before rotation; at each frame all of them are rotated once, to positions counted
inside the window and to the camera's pose of that moment.

Letters: l layers, s slots, n tokens per frame, h heads, d channels per head.
"""

import torch
from torch import Tensor

from .attention import Rotation, attend
from .positions import RotaryPositions
from .transformer import Transformer


class KeyValueCache:
    """Sink and ring of one session; batch size 1."""

    def __init__(self, model: Transformer, *, sink: int, window: int) -> None:
        """Allocate everything that `model` will ever need, in its precision and on its device."""
        config, weight = model.config, model.patch_embedding.weight
        self._positions, self._sink, self._window = model.positions, sink, window
        slots = sink + window
        shape = (config.depth, slots, config.tokens, config.heads, config.head_dim)
        self.keys = torch.zeros(shape, dtype=weight.dtype, device=weight.device)
        self.values = torch.zeros(shape, dtype=weight.dtype, device=weight.device)
        self.poses = torch.zeros((slots, 2), dtype=torch.float64)
        """Camera pose (pitch, yaw) of each slot's frame, in degrees; double, so that it never wears out."""
        self.count = 0
        """Frames written so far."""

    @property
    def filled(self) -> int:
        """Slots in use."""
        return min(self.count, len(self.poses))

    def slot(self, frame: int) -> int:
        """Where frame number `frame` is or will be kept."""
        return frame if frame < self._sink else self._sink + (frame - self._sink) % self._window

    def indices(self) -> Tensor:
        """Position of each filled slot's frame (s,), as seen from the frame that comes next, at `position`."""
        newest = self.count - 1
        places = torch.arange(self.filled)
        age = (self.slot(newest) - places) % self._window  # frames between the slot's frame and the newest
        return torch.where(places < self._sink, places, self.position - 1 - age)

    @property
    def position(self) -> int:
        """Position of the next frame: it grows until the cache is full, then stays."""
        return min(self.count, self._sink + self._window)

    def view(self, pose: Tensor) -> "FrameAttention":
        """Rotate what is remembered for the next frame, whose camera has `pose` (2,) in degrees (float64)."""
        return FrameAttention(self, self._positions, pose)

    def write(self, keys: list[Tensor], values: list[Tensor], pose: Tensor) -> None:
        """Keep the next frame: per layer keys and values (1, n, h, d), not rotated, and its pose (2,)."""
        slot = self.slot(self.count)
        self.keys[:, slot] = torch.cat(keys)
        self.values[:, slot] = torch.cat(values)
        self.poses[slot] = pose
        self.count += 1

    def load(self, keys: Tensor, values: Tensor, poses: Tensor, count: int) -> None:
        """Put back what was read from `keys`, `values`, `poses` and `count`."""
        self.keys.copy_(keys)
        self.values.copy_(values)
        self.poses.copy_(poses)
        self.count = count


class FrameAttention:
    """One frame against the cache: an `Attend` that also collects the frame's own keys and values."""

    def __init__(self, cache: KeyValueCache, positions: RotaryPositions, pose: Tensor) -> None:
        """Rotate the filled slots once, for all layers and all evaluations of the frame."""
        filled = cache.filled
        dtype, device = cache.keys.dtype, cache.keys.device
        # yaw counted from this frame keeps the phases small, and precise in single precision however far one turned
        origin = pose * torch.tensor([0.0, 1.0], dtype=torch.float64)
        own, relative = ((p - origin).float().to(device) for p in (pose, cache.poses[:filled]))
        self._own = Rotation(positions, torch.tensor([cache.position]), own[None, None]).to(dtype)
        self._keys, self._values = cache.keys[:, :0].flatten(1, 2), cache.values[:, :0].flatten(1, 2)
        if filled:
            past = Rotation(positions, cache.indices(), relative[None]).to(dtype)
            self._keys = past.keys(cache.keys[:, :filled].flatten(1, 2))
            self._values = past.values(cache.values[:, :filled].flatten(1, 2))
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`; q, k, v are (1, n, h, d) of this frame."""
        if layer == 0:
            self.keys, self.values = [], []
        self.keys.append(k)
        self.values.append(v)
        own = self._own
        keys = torch.cat((self._keys[layer][None], own.keys(k)), dim=1)
        values = torch.cat((self._values[layer][None], own.values(v)), dim=1)
        return own.back(attend(own.keys(q), keys, values))
