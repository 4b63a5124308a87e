"""Causal attention over all frames of a clip in one forward, each frame seeing what it would see in play.

Each frame's queries meet just the keys that they may see, so next to no work is spent on pairs that a mask would throw
away (reference section 2: a dense mask wastes three quarters). What trains most, teacher forcing, does so in fewer and
larger products where that is faster, see `TeacherForced`.

Letters: b batch, f frames, n tokens per frame, h heads, d channels per head.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from .attention import Attend, Rotation, attend
from .flexible_attention import MaskedAttention, teacher_forced_mask, works_on
from .positions import RotaryPositions

KeysValues = tuple[Tensor, Tensor]
"""Keys and values, (b, tokens, h, d) each."""


class Causal:
    """Frame i sees itself and the sink and window before it (diffusion forcing; clips whose frames all carry noise)."""

    def __init__(self, positions: RotaryPositions, poses: Tensor, sink: int, window: int) -> None:
        """Clip with `poses` (b, f, 2) in degrees, of any length."""
        self._frames = poses.shape[1]
        self._rotation = Rotation(positions, torch.arange(self._frames), poses)
        self._reach = Reach(positions, poses, sink, window)

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        rotation, f = self._rotation.to(q.dtype), self._frames
        queries, seen = _split(rotation.keys(q), f), _pairs(rotation, f, k, v)
        sink = self._reach.sink(k, v, f)
        parts = [_attend(queries[i], [*self._reach.before(i, seen, sink), seen[i]]) for i in range(f)]
        return rotation.back(torch.cat(parts, dim=1))


class TeacherForced:
    """Tokens are [clean frames 0..f-1 | noisy frames 1..f]: a noisy frame sees the clean ones before it and itself.

    The noisy copy of frame 0 has no context and the clean copy of the last frame no use: both are left out.

    A clean frame and the next, noisy one see the same clean frames, so on a CPU they attend together: half as many
    products of twice the size. On a GPU all attend at once by a block-sparse mask, where that is to be had.
    """

    def __init__(self, positions: RotaryPositions, poses: Tensor, sink: int, window: int) -> None:
        """Clip with `poses` (b, f + 1, 2) of frames 0..f in degrees, of any length."""
        self._frames = poses.shape[1] - 1
        index = torch.cat((torch.arange(self._frames), torch.arange(1, self._frames + 1)))
        self._rotation = Rotation(positions, index, poses[:, index])
        self._reach = Reach(positions, poses, sink, window)
        n = positions.rows * positions.columns
        self._paired = 0 if poses.is_cuda else min(self._frames, sink + window)
        self._hidden = poses.new_zeros(2 * n, (self._paired + 1) * n, dtype=torch.float32)
        self._hidden[:n, -n:] = -torch.inf  # the noisy frame's own keys from the clean frame
        self._at_once = None
        if works_on(poses.device.type):
            self._at_once = MaskedAttention(teacher_forced_mask(self._frames, sink, window, n, poses.device))

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        rotation, f = self._rotation.to(q.dtype), self._frames
        if self._at_once is not None:
            moved = self._reach.moved(self._reach.sink(k, v, 2 * f))
            keys, values = _joined([(rotation.keys(k), rotation.values(v)), *moved])
            return rotation.back(self._at_once(rotation.keys(q), keys, values))
        queries, frames = _split(rotation.keys(q), 2 * f), _pairs(rotation, 2 * f, k, v)
        seen, own, sink = frames[:f], frames[f:], self._reach.sink(k, v, 2 * f)
        hidden, n = self._hidden.to(q.dtype), q.shape[1] // (2 * f)
        clean, noisy = [], []
        for i in range(f):
            after = [*self._reach.before(i + 1, seen, sink), own[i]]
            if i < self._paired:
                both = torch.cat((queries[i], queries[f + i]), dim=1)
                first, second = attend(both, *_joined(after), hidden[:, -n * (i + 2) :]).chunk(2, dim=1)
            else:
                first = _attend(queries[i], [*self._reach.before(i, seen, sink), seen[i]])
                second = _attend(queries[f + i], after)
            clean.append(first)
            noisy.append(second)
        return rotation.back(torch.cat(clean + noisy, dim=1))


class AgainstHistory:
    """Tokens are noisy frames 1..f; the clean frames 0..f-1 that they see are given as keys and values.

    The noisy half of `TeacherForced` alone: no gradient reaches the history, whatever it was made by.
    """

    def __init__(
        self, positions: RotaryPositions, poses: Tensor, sink: int, window: int, history: Sequence[KeysValues]
    ) -> None:
        """Clip with `poses` (b, f + 1, 2) of frames 0..f; `history` is what a `Recorder` kept, layer by layer."""
        self._frames = poses.shape[1] - 1
        self._clean = Rotation(positions, torch.arange(self._frames), poses[:, :-1])
        self._noisy = Rotation(positions, torch.arange(1, self._frames + 1), poses[:, 1:])
        self._reach = Reach(positions, poses, sink, window)
        self._history = history

    @torch.compiler.disable  # type: ignore[untyped-decorator] # the history differs per layer: one graph cannot hold it
    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        f, (past_keys, past_values) = self._frames, (x.detach().to(q.dtype) for x in self._history[layer])
        rotation = self._noisy.to(q.dtype)
        queries, own = _split(rotation.keys(q), f), _pairs(rotation, f, k, v)
        seen = _pairs(self._clean.to(q.dtype), f, past_keys, past_values)
        sink = self._reach.sink(past_keys, past_values, f)
        parts = [_attend(queries[i], [*self._reach.before(i + 1, seen, sink), own[i]]) for i in range(f)]
        return rotation.back(torch.cat(parts, dim=1))


class Recorder:
    """An `Attend` around another one that keeps the keys and values of every layer, detached and not rotated."""

    def __init__(self, attend: Attend) -> None:
        self.kept: list[KeysValues] = []
        """Per layer (b, tokens, h, d) of the newest forward."""
        self._attend = attend

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        if layer == 0:
            self.kept = []
        self.kept.append((k.detach(), v.detach()))
        return self._attend(layer, q, k, v)


class Reach:
    """What frame i of a clip sees before itself: the cache's rule.

    Up to sink + window frames that is all of them. From there on it is the sink and the last window frames, and the
    sink stands just before the window, so that its keys are rotated anew for each frame.
    """

    def __init__(self, positions: RotaryPositions, poses: Tensor, sink: int, window: int) -> None:
        """Clip with `poses` (b, f, 2)."""
        self._sink, self._window, self._slots = sink, window, sink + window
        self._moved = [
            Rotation(positions, torch.arange(sink) + frame - self._slots, poses[:, :sink])
            for frame in range(self._slots + 1, poses.shape[1])
            if sink
        ]

    def sink(self, k: Tensor, v: Tensor, frames: int) -> KeysValues:
        """Keys and values of the sink out of those of `frames` frames, none of them rotated."""
        end = self._sink * (k.shape[1] // frames)
        return k[:, :end], v[:, :end]

    def before(self, frame: int, rotated: Sequence[KeysValues], sink: KeysValues) -> list[KeysValues]:
        """What `frame` sees before itself, rotated: of all frames `rotated` in place, and of the `sink` not rotated."""
        if frame <= self._slots:
            return list(rotated[:frame])
        near = list(rotated[frame - self._window : frame])
        if not self._sink:
            return near
        return [_rotated(self._moved[frame - self._slots - 1], sink), *near]

    def moved(self, sink: KeysValues) -> list[KeysValues]:
        """The `sink` as each frame past sink + window sees it, one after the other."""
        return [_rotated(rotation, sink) for rotation in self._moved]


def _rotated(rotation: Rotation, pair: KeysValues) -> KeysValues:
    rotation = rotation.to(pair[0].dtype)
    return rotation.keys(pair[0]), rotation.values(pair[1])


def _pairs(rotation: Rotation, frames: int, k: Tensor, v: Tensor) -> list[KeysValues]:
    """Rotated keys and values frame by frame."""
    return list(zip(_split(rotation.keys(k), frames), _split(rotation.values(v), frames), strict=True))


def _split(x: Tensor, frames: int) -> tuple[Tensor, ...]:
    """(b, f * n, h, d) -> f tensors (b, n, h, d): one split, whose gradient is one join."""
    return x.view(len(x), frames, -1, *x.shape[2:]).unbind(1)


def _attend(queries: Tensor, seen: Sequence[KeysValues]) -> Tensor:
    """Queries (b, n, h, d) against frames of keys and values."""
    return attend(queries, *_joined(seen))


def _joined(parts: Sequence[KeysValues]) -> KeysValues:
    """Keys and values of all parts, one after the other."""
    keys, values = zip(*parts, strict=True)
    return torch.cat(keys, dim=1), torch.cat(values, dim=1)
