"""The generator's memory in play: keys and values of the sink frames and of the last window of frames.

Slots are preallocated and a ring overwrites the oldest, so that a session has no last frame and cost and memory per
frame are constant. Kept are keys and values before rotation; beside them stands a rotated copy, each frame turned once,
when it is written, by its frame number and by the camera's absolute pose in double precision. Attention only feels
differences, so nothing but the sink has to be turned again: it always stands just before the window.

Letters: l layers, s slots, b sequences side by side, n tokens per frame, h heads, d channels per head.
"""

import torch
from torch import Tensor

from .attention import Rotation, attend
from .transfer import upload
from .transformer import Transformer


class KeyValueCache:
    """Sink and ring of one session, or of `batch` sequences that are generated in step."""

    def __init__(self, model: Transformer, *, sink: int, window: int, batch: int = 1) -> None:
        """Allocate everything that `model` will ever need, in its precision and on its device."""
        config, weight = model.config, model.patch_embedding.weight
        self._positions, self._window, self._n = model.positions.on(weight.device), window, config.tokens
        self.sink = sink
        """Frames that are kept for ever."""
        slots = sink + window
        shape = (config.depth, slots, batch, config.tokens, config.heads, config.head_dim)
        self.keys = torch.zeros(shape, dtype=weight.dtype, device=weight.device)
        self.values = torch.zeros(shape, dtype=weight.dtype, device=weight.device)
        self.poses = torch.zeros((slots, batch, 2), dtype=torch.float64)
        """Camera pose (pitch, yaw) of each slot's frames, in degrees; double, so that it never wears out."""
        self.count = 0
        """Frames written so far."""
        # rotated: [sink | ring | frame at work | sink as the frame after it will see it], a head's tokens in one piece
        rotated = (config.depth, batch, config.heads, (slots + 1 + sink) * config.tokens, config.head_dim)
        self._keys_by_heads = torch.zeros(rotated, dtype=weight.dtype, device=weight.device)
        self._values_by_heads = torch.zeros(rotated, dtype=weight.dtype, device=weight.device)
        self._rotated_keys, self._rotated_values = (part.transpose(2, 3) for part in self.by_heads())
        self._ahead = 0  # number of the frame for which the last places hold the sink; 0 before there is one

    @property
    def full(self) -> bool:
        """Whether the next write overwrites a frame of the window."""
        return self.count >= len(self.poses)

    def slot(self, frame: int) -> int:
        """Where frame number `frame` is or will be kept."""
        return frame if frame < self.sink else self.sink + (frame - self.sink) % self._window

    def span(self, place: int, frames: int = 1) -> slice:
        """Tokens of `frames` frames from `place` on in the rotated copy."""
        return slice(place * self._n, (place + frames) * self._n)

    def rotation(self, frame: int, pose: Tensor) -> Rotation:
        """Rotation of frame number `frame` whose camera has `pose` (2,) or (b, 2)."""
        poses = upload(pose.expand(self.poses.shape[1:])[:, None], self.keys.device)
        return Rotation(self._positions, upload(torch.tensor([frame]), poses.device), poses).to(self.keys.dtype)

    def rotated(self, layer: int) -> tuple[Tensor, Tensor]:
        """Rotated keys and values (b, tokens, h, d) of a layer."""
        return self._rotated_keys[layer], self._rotated_values[layer]

    def all_rotated(self) -> tuple[Tensor, Tensor]:
        """Rotated keys and values (l, b, tokens, h, d): the slots, room for a frame at work, the sink of its view."""
        return self._rotated_keys, self._rotated_values

    def by_heads(self) -> tuple[Tensor, Tensor]:
        """Return the same memory as `all_rotated` gives, as it lies: (l, b, h, tokens, d)."""
        return self._keys_by_heads, self._values_by_heads

    def view(self, pose: Tensor) -> "FrameAttention":
        """Attention of the next frame to be written, whose camera has `pose` (2,) or (b, 2), in degrees (float64)."""
        return FrameAttention(self, pose)

    def step(self, newest: Tensor, pose: Tensor) -> "StepAttention":
        """Attention of the next frame to be written and the one after it, by the poses of both."""
        return StepAttention(self, newest, pose)

    def write(
        self,
        keys: Tensor,
        values: Tensor,
        pose: Tensor,
        *,
        rotation: Rotation | None = None,
        placed: bool = False,
    ) -> None:
        """Keep the next frame: keys and values (l, b, n, h, d), not rotated, and its pose (2,) or (b, 2).

        `rotation` is the frame's, where it is known already; `placed` says that the rotated copy stands in its slot.
        """
        slot = self.slot(self.count)
        self.keys[:, slot], self.values[:, slot] = keys, values
        self.note(pose)
        if not placed:
            self._turn(slot, self.count - 1, slot, rotation)
        if self._ahead == self.count:  # turned already, for the frame that comes now
            coming, sink = self.span(len(self.poses) + 1, self.sink), self.span(0, self.sink)
            self._rotated_keys[:, :, sink] = self._rotated_keys[:, :, coming]
            self._rotated_values[:, :, sink] = self._rotated_values[:, :, coming]
        else:
            self._place_sink(self.count, 0)

    def note(self, pose: Tensor) -> None:
        """Count the next frame, whose camera has `pose`, as written; `write` does, and who else wrote all the rest."""
        self.poses[self.slot(self.count)] = pose
        self.count += 1

    def prepare(self) -> None:
        """Turn the sink to where the frame will see it that comes after the next to be written, once that is moving."""
        if self.full:
            self._place_sink(self.count + 1, len(self.poses) + 1)
            self._ahead = self.count + 1

    def _place_sink(self, frame: int, place: int) -> None:
        """Turn the sink, from `place` on in the rotated copy, to just before the window of frame number `frame`."""
        distance = max(0, frame - len(self.poses))
        for slot in range(self.sink if distance else 0):
            self._turn(slot, slot + distance, place + slot)

    def mark(self) -> tuple[Tensor, ...]:
        """Copy what the next write changes, for `back`."""
        return tuple(part.clone() for part in self._changed(self.slot(self.count)))

    def back(self, mark: tuple[Tensor, ...]) -> None:
        """Undo the newest write, before which `mark` was made."""
        self.count -= 1
        for part, before in zip(self._changed(self.slot(self.count)), mark, strict=True):
            part.copy_(before)
        self._ahead = 0

    def _changed(self, slot: int) -> list[Tensor]:
        """All that a write to a slot changes: it, its rotated copy, and the sink's, which moves on."""
        rotated = self._rotated_keys, self._rotated_values
        places = self.span(slot), self.span(0, self.sink)
        moved = [part[:, :, place] for part in rotated for place in places]
        return [self.keys[:, slot], self.values[:, slot], self.poses[slot], *moved]

    def load(self, keys: Tensor, values: Tensor, poses: Tensor, count: int) -> None:
        """Put back what was read from `keys`, `values`, `poses` and `count`."""
        self.keys.copy_(keys)
        self.values.copy_(values)
        self.poses.copy_(poses)
        self.count = count
        for frame in [*range(min(self.sink, count)), *range(max(self.sink, count - self._window), count)]:
            self._turn(self.slot(frame), frame, self.slot(frame))
        self._ahead = 0
        self._place_sink(count, 0)

    def _turn(self, slot: int, frame: int, place: int, rotation: Rotation | None = None) -> None:
        """Rotate a slot as frame number `frame` into a place of the rotated copy."""
        rotation, span = rotation or self.rotation(frame, self.poses[slot]), self.span(place)
        self._rotated_keys[:, :, span] = rotation.keys(self.keys[:, slot])
        self._rotated_values[:, :, span] = rotation.values(self.values[:, slot])


class FrameAttention:
    """One frame against the cache: an `Attend` that also collects the frame's own keys and values."""

    def __init__(self, cache: KeyValueCache, pose: Tensor) -> None:
        """See `KeyValueCache.view`."""
        self._cache, self._own = cache, cache.rotation(cache.count, pose)
        self._place = min(cache.count, len(cache.poses))
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`; q, k, v are (b, n, h, d) of this frame."""
        if layer == 0:
            self.keys, self.values = [], []
        self.keys.append(k)
        self.values.append(v)
        keys, values = self._cache.rotated(layer)
        own, seen = self._cache.span(self._place), self._cache.span(0, self._place + 1)
        queries, keys[:, own], values[:, own] = self._own.all(q, k, v)
        return self._own.back(attend(queries, keys[:, seen], values[:, seen]))


class StepAttention:
    """The newest frame and the next one in one forward: the clean write of one, the first evaluation of the other.

    Identical maths to writing first and evaluating then, at one forward less per frame. Tokens are [newest, clean |
    next, noisy]. In each layer the newest frame attends first, then takes its slot in the ring, then the next attends:
    to the same ring, itself and the sink, which from there stands one frame further on.
    """

    def __init__(self, cache: KeyValueCache, newest: Tensor, pose: Tensor) -> None:
        """See `KeyValueCache.step`."""
        self._cache = cache
        self._newest, self._next = cache.rotation(cache.count, newest), cache.rotation(cache.count + 1, pose)
        slots, full = len(cache.poses), cache.full
        self._slot = cache.span(cache.slot(cache.count))
        self._newest_place = cache.span(slots) if full else self._slot
        self._newest_sees = cache.span(0, min(cache.count, slots) + 1)
        place = min(cache.count + 1, slots)
        self._next_place = cache.span(place)
        self._next_sees = cache.span(cache.sink, slots + 1) if full else cache.span(0, place + 1)
        cache.prepare()
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`; tokens are those of the newest frame, then those of the next."""
        if layer == 0:
            self.keys, self.values = [], []
        n = q.shape[1] // 2
        self.keys.append(k[:, :n])
        self.values.append(v[:, :n])
        keys, values = self._cache.rotated(layer)
        queries, own_keys, own_values = self._newest.all(q[:, :n], k[:, :n], v[:, :n])
        keys[:, self._newest_place], values[:, self._newest_place] = own_keys, own_values
        newest = attend(queries, keys[:, self._newest_sees], values[:, self._newest_sees])
        keys[:, self._slot], values[:, self._slot] = own_keys, own_values
        queries, keys[:, self._next_place], values[:, self._next_place] = self._next.all(q[:, n:], k[:, n:], v[:, n:])
        following = attend(queries, keys[:, self._next_sees], values[:, self._next_sees])
        return torch.cat((self._newest.back(newest), self._next.back(following)), dim=1)
