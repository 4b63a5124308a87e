"""A walk's network and the decoder as CUDA graphs: the processor hands in a frame's numbers and says "again".

A frame of a small world is some hundreds of kernels that each take less time than to ask for them; a graph asks once.
Two graphs belong to each cache (`in_place` says why), captured when its walk takes its first step, and one to the
decoder. Until a cache is full its shapes still change, and the plain evaluator computes. Graphs of one evaluator share
one pool of memory, for they never run at once; the decoder, which may run beside them, has its own.

On a CPU the same pieces are called as they are, which is how they are tested without a GPU.
"""

import copy
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ..attention import Attend
from ..autoencoder import Autoencoder
from ..cache import KeyValueCache
from ..sampler import Predict
from ..transformer import Transformer
from ..walk import ModelEvaluator, Newest
from .in_place import InPlace
from .static import Decoding

Piece = Callable[[], None]
"""Work on tensors that it knows, which may be done any number of times."""

Record = Callable[[Piece], Piece]
"""Makes of a piece what does the same sooner."""

_CAPTURING = threading.Lock()  # a capture begins with a wait for the whole GPU, which another capture forbids
_WARM_UP = 3  # runs before the capture, in which libraries choose kernels and take what memory they want to keep


class GraphEvaluator:
    """An `Evaluator` that replays graphs; for walks that take turns in one stream."""

    def __init__(self, model: Transformer, *, compiled: bool = False, record: Record | None = None) -> None:
        """Compute with `model`, which must not move in memory; `compiled` fuses what lies between its products."""
        device = model.patch_embedding.weight.device
        self._model = with_compiled_blocks(model) if compiled else model
        self._compiled, self._record = compiled, record or recorder(device)
        self._plain = ModelEvaluator(model)
        self._of: weakref.WeakKeyDictionary[KeyValueCache, _Pieces] = weakref.WeakKeyDictionary()

    def first(
        self, cache: KeyValueCache, newest: Newest, x: Tensor, t: Tensor, vector: Tensor, pose: Tensor
    ) -> tuple[Tensor, Predict]:
        """See `Evaluator`; a velocity is good until the next evaluation, which writes over it."""
        if cache not in self._of:
            self._of[cache] = _Pieces(InPlace(self._model, cache, compiled=self._compiled), self._record)
        if not cache.full:
            return self._plain.first(cache, newest, x, t, vector, pose)
        pieces = self._of[cache]
        pieces.at.begin(cache, newest, x, t, vector, pose)
        pieces.two()
        cache.note(newest.pose)

        def again(x: Tensor, t: Tensor) -> Tensor:
            pieces.at.go_on(x, t)
            pieces.one()
            return pieces.at.velocity

        return pieces.at.velocity, again


class _Pieces:
    """Both pieces of a cache, recorded."""

    @torch.inference_mode(False)
    @torch.no_grad()
    def __init__(self, at: InPlace, record: Record) -> None:
        self.at = at
        before = [part.clone() for part in at.touched()]  # recording may run what it records
        self.two, self.one = record(at.two), record(at.one)
        for part, kept in zip(at.touched(), before, strict=True):
            part.copy_(kept)


class GraphDecoder:
    """The decoder as a graph, for one latent at a time; each number of them would want a graph of its own."""

    def __init__(
        self, autoencoder: Autoencoder, dtype: torch.dtype, shape: tuple[int, ...], *, record: Record | None = None
    ) -> None:
        """Decode latents of `shape` (c, h/8, w/8) in precision `dtype`, which is that of `autoencoder`."""
        device = autoencoder.latent_mean.device
        self._decoding, self._record = Decoding(autoencoder, dtype), record or recorder(device)
        self._latent = torch.zeros(1, *shape, device=device)
        self._piece: Piece | None = None
        self._frame: Tensor | None = None

    def __call__(self, latents: Tensor) -> Tensor:
        """Normalised latents (b, c, h/8, w/8) -> bytes (b, h, w, 3), for b = 1 good until the next call."""
        if len(latents) != 1:
            return self._decoding(latents)  # type: ignore[no-any-return] # torch's modules are untyped calls
        if self._frame is None or self._piece is None:
            with torch.inference_mode(False), torch.no_grad():
                self._frame = torch.empty_like(self._decoding(self._latent))
                self._piece = self._record(self._once)
        self._latent.copy_(latents)
        self._piece()
        return self._frame

    def _once(self) -> None:
        assert self._frame is not None
        self._frame.copy_(self._decoding(self._latent))


def recorder(device: torch.device) -> Record:
    """Return what captures pieces as CUDA graphs that share memory; for a CPU, what leaves them as they are.

    They are captured in a stream of their own, for libraries keep one piece of working memory for each stream: graphs
    that may run beside each other must not share it.
    """
    if device.type != "cuda":
        return lambda piece: piece
    pool = torch.cuda.graph_pool_handle()
    beside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # torch leaves it untyped
    return lambda piece: _captured(piece, pool, beside)


def with_compiled_blocks(model: Transformer, **how: Any) -> Transformer:
    """Return a model of the same weights whose layers are compiled, all into the same kernels, around attention.

    `how` is for `torch.compile`; graphs are made of the whole, so none are wanted inside.
    """
    how = {"mode": "max-autotune-no-cudagraphs", "dynamic": False} | how
    compiled = copy.copy(model)
    compiled._modules = {**model._modules, "blocks": nn.ModuleList(_Compiled(block, how) for block in model.blocks)}
    return compiled


class _Compiled(nn.Module):
    """A layer, compiled; it is told no number, for then each would be compiled apart. `in_place` needs none."""

    def __init__(self, block: nn.Module, how: Mapping[str, Any]) -> None:
        super().__init__()
        self._block = copy.copy(block)
        self._block.compile(**how)

    def forward(self, x: Tensor, e0: Tensor, layer: int, attend: Attend) -> Tensor:
        """See `Block`."""
        out: Tensor = self._block(x, e0, 0, attend)
        return out


def _captured(piece: Piece, pool: Any, beside: torch.cuda.Stream) -> Piece:
    """Run a piece until it does nothing new any more, then capture it and return its replay."""
    with _CAPTURING, torch.cuda.device(beside.device):
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(_WARM_UP):
                piece()
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        # other threads, such as the one that draws, may go on meanwhile
        with torch.cuda.graph(graph, pool=pool, stream=beside, capture_error_mode="thread_local"):
            piece()
    return graph.replay
