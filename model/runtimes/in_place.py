"""One frame's work as two pieces that never change: same shapes, same places in memory, no question to the processor.

Once a cache is full, a frame differs from the one before it only in values: latents, action, timestep, where and when
the frames are, and the slot that the newest one takes. All of these stand in tensors that are written over before each
piece is run, so that a piece can be captured as a CUDA graph. Keys and values of the past are no arguments: the pieces
read and write the cache's own storage, hence belong to one cache. The network is the model's own; only how it attends
is given here. The maths are those of `cache.StepAttention` and `cache.FrameAttention` with a full cache.

Letters: b sequences side by side, n tokens per frame, l layers, h heads, d channels per head; places are frames of the
cache's rotated copy: [sink | ring | frame at work | sink as the next frame will see it].
"""

from itertools import count

import torch
from torch import Tensor

from ..actions import ACTION_SIZE
from ..attention import Rotation
from ..cache import KeyValueCache
from ..transfer import upload
from ..transformer import Transformer
from ..walk import Newest
from .attention_choice import fastest_attention


class InPlace:
    """The two pieces of a frame, `two` and `one`, for one cache."""

    @torch.inference_mode(False)
    @torch.no_grad()
    def __init__(self, model: Transformer, cache: KeyValueCache, *, compiled: bool = False) -> None:
        """Evaluate `model` against the storage of `cache`, which is all of it that is held on to."""
        config, device, batch = model.config, cache.keys.device, cache.keys.shape[2]
        self._model, self._positions = model, model.positions.on(device)
        self.compiled = compiled
        """Whether layers, and how they turn, are compiled."""
        self.sink, self.slots, self.tokens = cache.sink, len(cache.poses), config.tokens
        self.dtype = cache.keys.dtype
        self.plain = cache.keys, cache.values
        """Keys and values not rotated, (l, slots, b, n, h, d) each."""
        places = (self.slots + 1 + self.sink, self.tokens)
        rotated = cache.all_rotated()
        self.rotated = tuple(part.view(*part.shape[:2], *places, *part.shape[3:]) for part in rotated)
        """Rotated keys and values, (l, b, places, n, h, d) each."""
        self._latents = torch.zeros(batch, 2, config.latent_channels, config.rows, config.columns, device=device)
        self._times = torch.zeros(batch, 2, device=device)
        self._vectors = torch.zeros(batch, 2, ACTION_SIZE, device=device)
        self._where = torch.zeros(batch, 2 + self.sink, 3, dtype=torch.float64, device=device)  # frame, pitch, yaw
        self.slot = torch.full((1,), self.slots - 1, device=device)
        """Where the newest frame is to be kept."""
        self.next_turn = self.turn(1)
        """Rotation of the next frame."""
        self.velocity = torch.zeros_like(self._latents[:, :1])
        """What the piece that ran last found for the next frame, fp32."""

    def begin(self, cache: KeyValueCache, newest: Newest, x: Tensor, t: Tensor, vector: Tensor, pose: Tensor) -> None:
        """Hand in what `two` needs to know; see `Evaluator.first`."""
        frame, batch = cache.count, len(self._where)
        passed = frame + 1 - self.slots  # frames that the sink has been moved on by for the next frame
        frames = torch.tensor([frame, frame + 1, *range(passed, passed + self.sink)], dtype=torch.float64)
        poses = (newest.pose.expand(batch, 2), pose.expand(batch, 2), *cache.poses[: self.sink])
        where = torch.cat((frames.expand(batch, -1)[..., None], torch.stack(poses, dim=1)), dim=-1)
        self._where.copy_(upload(where, self._where.device))
        self.slot.fill_(cache.slot(frame))
        self._latents[:, :1] = newest.latent
        self._vectors[:, :1], self._vectors[:, 1:] = newest.vector, vector
        self.go_on(x, t)

    def go_on(self, x: Tensor, t: Tensor) -> None:
        """Hand in what `one` needs to know beyond that: x (b, 1, c, h, w) at timestep t, a number on the CPU."""
        self._latents[:, 1:] = x
        self._times[:, 1].fill_(float(t))

    def two(self) -> None:
        """Evaluate the next frame for the first time and write the newest to the cache."""
        self._turn_sink()
        self._keep_next_turn()
        v = self._model(self._latents, self._times, self._vectors, _Step(self, self.turn(0)))
        self.velocity.copy_(v[:, 1:])
        for part in self.rotated:
            part[:, :, : self.sink] = part[:, :, self.slots + 1 :]

    def one(self) -> None:
        """Evaluate the next frame again."""
        self.velocity.copy_(self._model(self._latents[:, 1:], self._times[:, 1:], self._vectors[:, 1:], _Again(self)))

    def touched(self) -> list[Tensor]:
        """What of the cache `two` writes over if `slot` is left as it is at first, the frame at work aside."""
        plain = [part[:, self.slots - 1] for part in self.plain]
        return [*plain, *(part[:, :, place] for part in self.rotated for place in (slice(self.sink), self.slots - 1))]

    def work_at(self, layer: int, own: tuple[Tensor, ...]) -> None:
        """Lay the turned (queries,) keys and values (b, n, h, d) of the frame at work beside those of the past."""
        for part, turned in zip(self.rotated, own[1:], strict=True):
            part[layer, :, self.slots] = turned

    def keep(self, layer: int, turned: tuple[Tensor, ...], plain: tuple[Tensor, ...]) -> None:
        """Write the newest frame's keys and values (b, n, h, d) to its slot, turned and as they are."""
        for part, own in zip(self.rotated, turned, strict=True):
            part[layer].index_copy_(1, self.slot, own[:, None])
        for part, own in zip(self.plain, plain, strict=True):
            part[layer].index_copy_(0, self.slot, own[None])

    def attend(self, q: Tensor, layer: int, places: slice) -> Tensor:
        """Attend from queries (b, n, h, d) to frames of the rotated copy."""
        k, v = (part[layer, :, places].flatten(1, 2) for part in self.rotated)
        return fastest_attention(q, k, v, compiled=self.compiled)(q, k, v)

    def turn(self, row: int) -> Rotation:
        """Rotation of a frame: 0 the newest, 1 the next, from 2 on the sink's."""
        index, poses = self._where[:, row : row + 1, 0], self._where[:, row : row + 1, 1:]
        return Rotation(self._positions, index, poses).to(self.dtype)

    def _turn_sink(self) -> None:
        """Turn the sink to just before the window of the next frame."""
        keys, values = self.rotated
        for k in range(self.sink):
            turn, place = self.turn(2 + k), self.slots + 1 + k
            keys[:, :, place], values[:, :, place] = turn.keys(self.plain[0][:, k]), turn.values(self.plain[1][:, k])

    def _keep_next_turn(self) -> None:
        turn = self.turn(1)
        self.next_turn.cos.copy_(turn.cos)
        self.next_turn.sin.copy_(turn.sin)


class _Step:
    """An `Attend` of the newest frame and the next, for one forward.

    It counts the layers itself, for what is compiled must not know their numbers (`cuda_graph.with_compiled_blocks`).
    """

    def __init__(self, pieces: InPlace, turn: Rotation) -> None:
        self._pieces, self._turn, self._layers = pieces, turn, count()

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`; tokens are those of the newest frame, then those of the next."""
        n, following = self._pieces.tokens, self._pieces.next_turn
        own_of_newest = self._turn.all(q[:, :n], k[:, :n], v[:, :n])
        own_of_next = following.all(q[:, n:], k[:, n:], v[:, n:])
        mixed, mixed_of_next = self._against_cache(own_of_newest, own_of_next, (k[:, :n], v[:, :n]))
        return torch.cat((self._turn.back(mixed), following.back(mixed_of_next)), dim=1)

    @torch.compiler.disable  # type: ignore[untyped-decorator] # torch leaves it untyped
    def _against_cache(
        self, newest: tuple[Tensor, ...], following: tuple[Tensor, ...], plain: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor]:
        """Attend with turned queries, keys and values of both frames, and keep those of the newest.

        What is compiled may round otherwise than the cache, which turns all anew when a state is loaded: what is kept
        is turned as it does.
        """
        pieces, layer, turn = self._pieces, next(self._layers), self._turn
        pieces.work_at(layer, newest)
        mixed = pieces.attend(newest[0], layer, slice(pieces.slots + 1))
        kept = (turn.keys(plain[0]), turn.values(plain[1])) if pieces.compiled else newest[1:]
        pieces.keep(layer, kept, plain)
        pieces.work_at(layer, following)
        return mixed, pieces.attend(following[0], layer, slice(pieces.sink, None))


class _Again:
    """An `Attend` of the next frame alone, the newest being kept, for one forward."""

    def __init__(self, pieces: InPlace) -> None:
        self._pieces, self._layers = pieces, count()

    def __call__(self, layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """See `Attend`."""
        turn = self._pieces.next_turn
        return turn.back(self._against_cache(turn.all(q, k, v)))

    @torch.compiler.disable  # type: ignore[untyped-decorator] # torch leaves it untyped
    def _against_cache(self, own: tuple[Tensor, ...]) -> Tensor:
        layer = next(self._layers)
        self._pieces.work_at(layer, own)
        return self._pieces.attend(own[0], layer, slice(self._pieces.slots + 1))
