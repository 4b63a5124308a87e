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

    def step(self, newest: Tensor, pose: Tensor) -> "StepAttention":
        """Rotate what is remembered for the newest frame, still to be written, and the next, by poses (2,) of both."""
        return StepAttention(self, self._positions, newest, pose)

    def past(self) -> list[int]:
        """Slots that the next frame to be written sees, the one that it will overwrite (if any) just after the sink."""
        kept = [slot for slot in range(self.filled) if slot >= self._sink]
        if self.full:
            evicted = self.slot(self.count)
            kept = [evicted, *(slot for slot in kept if slot != evicted)]
        return [*range(min(self.filled, self._sink)), *kept]

    @property
    def full(self) -> bool:
        """Whether the next write overwrites a frame of the window."""
        return self.count >= len(self.poses)

    @property
    def sink(self) -> int:
        """Frames that are kept for ever."""
        return self._sink

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
        # (l, tokens, h, d): the past, rotated, and room for the frame's own
        layers, _, n, heads, head_dim = cache.keys.shape
        self._past = filled * n
        self._keys = torch.empty((layers, self._past + n, heads, head_dim), dtype=dtype, device=device)
        self._values = torch.empty_like(self._keys)
        if filled:
            past = Rotation(positions, cache.indices(), relative[None]).to(dtype)
            self._keys[:, : self._past] = past.keys(cache.keys[:, :filled].flatten(1, 2))
            self._values[:, : self._past] = past.values(cache.values[:, :filled].flatten(1, 2))
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`; q, k, v are (1, n, h, d) of this frame."""
        if layer == 0:
            self.keys, self.values = [], []
        self.keys.append(k)
        self.values.append(v)
        queries, own_keys, own_values = self._own.all(q, k, v)
        keys, values = self._keys[layer : layer + 1], self._values[layer : layer + 1]
        keys[:, self._past :] = own_keys
        values[:, self._past :] = own_values
        return self._own.back(attend(queries, keys, values))


class StepAttention:
    """The newest frame and the next one in one forward: the clean write of one, the first evaluation of the other.

    Identical maths to writing first and evaluating then, at one forward less per frame. Tokens are [newest, clean |
    next, noisy]: the newest sees the past and itself, the next one what it would see after the write. A later forward
    with only the next frame's tokens sees the same. All that either sees lies side by side in one buffer of frames,
    [sink | overwritten | window | newest | sink | next]: the sink twice, since from each of the two frames it stands
    just before the window. Until the cache is full nothing is overwritten, and [past | newest | next] is enough.
    """

    def __init__(self, cache: KeyValueCache, positions: RotaryPositions, newest: Tensor, pose: Tensor) -> None:
        """See `KeyValueCache.step`."""
        dtype, device = cache.keys.dtype, cache.keys.device
        past, sink = cache.past(), cache.sink if cache.full else 0
        slots = [*past, *range(sink)]
        place = min(cache.count + 1, len(cache.poses))  # position of the next frame
        # seen from the next frame, what was written lies one further back than from the newest: when the cache is full
        # positions of the window move down by one, and so does the sink that the newest frame sees
        moved = 1 if cache.full else 0
        index = torch.cat((cache.indices()[past] - moved, torch.arange(sink)))
        origin = pose * torch.tensor([0.0, 1.0], dtype=torch.float64)
        poses = (torch.cat((cache.poses[slots], newest[None], pose[None])) - origin).float().to(device)
        rotation = Rotation(positions, torch.cat((index, torch.tensor([place - 1, place]))), poses[None]).to(dtype)
        layers, _, n, heads, head_dim = cache.keys.shape
        self._n = n
        self._newest = len(past) * n
        self._from = (sink + 1) * n if cache.full else 0  # where the part that the next frame sees begins
        gathered, self._own = rotation.split(len(slots) * n)
        self._next = self._own.split(n)[1]
        shape = (layers, (len(slots) + 2) * n, heads, head_dim)
        self._keys = torch.empty(shape, dtype=dtype, device=device)
        self._values = torch.empty_like(self._keys)
        if slots:
            for buffer, kept, turn in (
                (self._keys, cache.keys, gathered.keys),
                (self._values, cache.values, gathered.values),
            ):
                # joining slices copies whole frames, many times as fast as indexing by a list
                turned = turn(torch.cat([kept[:, slot : slot + 1] for slot in slots], dim=1).flatten(1, 2))
                buffer[:, : self._newest] = turned[:, : self._newest]
                buffer[:, self._newest + n : -n] = turned[:, self._newest :]
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`; tokens are those of both frames, or of the next one alone."""
        n, keys, values = self._n, self._keys[layer : layer + 1], self._values[layer : layer + 1]
        both = q.shape[1] == 2 * n
        own = self._own if both else self._next
        queries, own_keys, own_values = own.all(q, k, v)
        keys[:, -n:], values[:, -n:] = own_keys[:, -n:], own_values[:, -n:]
        if both:
            if layer == 0:
                self.keys, self.values = [], []
            self.keys.append(k[:, :n])
            self.values.append(v[:, :n])
            place = slice(self._newest, self._newest + n)
            keys[:, place], values[:, place] = own_keys[:, :n], own_values[:, :n]
        out = attend(queries[:, -n:], keys[:, self._from :], values[:, self._from :])
        if both:
            seen = self._newest + n
            out = torch.cat((attend(queries[:, :n], keys[:, :seen], values[:, :seen]), out), dim=1)
        return own.back(out)
