"""Which attention is the fastest for given shapes on this GPU: tried once, then remembered by the machine.

torch has several kernels and picks one by rules that do not know the card; flash-attn is one more where it is
installed, and a compiled one (FlexAttention) where the rest is compiled too. Kernels differ in how they round, so a
choice is kept in the person's cache: the same machine then shows the same bytes every time. A CPU has no choice.
"""

import contextlib
import functools
import json
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import platformdirs
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from .. import attention
from ..clock import Clock
from ..errors import RunError
from ..files import write_atomically

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Softmax attention of queries over all keys, (b, tokens, h, d) each."""

_BACKENDS = {
    "cudnn": SDPBackend.CUDNN_ATTENTION,
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
}
_REPEATS, _ROUNDS = 10, 3

_chosen: dict[str, Attention] = {}


@torch.no_grad()
def fastest_attention(q: Tensor, k: Tensor, v: Tensor, *, compiled: bool = False) -> Attention:
    """Return what attends soonest from queries like q to keys like k; with `compiled` FlexAttention is tried too.

    The first call for a shape measures, which takes a moment and must not happen while a graph is captured.
    """
    if not q.is_cuda:
        return attention.attend
    shape = f"{tuple(q.shape)} {tuple(k.shape)} {q.dtype} {'compiled' if compiled else 'eager'}"
    if shape not in _chosen:
        ways = attentions(compiled=compiled)
        name = remembered_choice(_place(), shape, ways, lambda: measure_attentions(q, k, v, compiled=compiled))
        _chosen[shape] = ways[name]
    return _chosen[shape]


def remembered_choice(
    place: Path, shape: str, names: Collection[str], measure: Callable[[], Mapping[str, float]]
) -> str:
    """Return which of `names` is fastest for a shape: as the file at `place` remembers, else measured and kept there.

    `torch` is taken where nothing could be measured.
    """
    known = _read(place)
    if known.get(shape) not in names:
        times = measure()
        known = {**known, shape: min(times, key=lambda name: times[name], default="torch")}
        with contextlib.suppress(RunError):  # measured again next time
            write_atomically(place, json.dumps(known, indent=1).encode())
    return known[shape]


def measure_attentions(q: Tensor, k: Tensor, v: Tensor, *, compiled: bool = False) -> dict[str, float]:
    """Milliseconds of each way to attend that takes such tensors on this GPU, by name."""
    return {
        name: milliseconds
        for name, way in attentions(compiled=compiled).items()
        if (milliseconds := _milliseconds(functools.partial(way, q, k, v))) is not None
    }


def attentions(*, compiled: bool) -> dict[str, Attention]:
    """All ways to attend, by name; `torch` leaves the choice to torch and takes everything."""
    ways: dict[str, Attention] = {"torch": _scaled_dot_product}
    ways |= {name: functools.partial(_by, backend) for name, backend in _BACKENDS.items()}
    if attention.flash_attention is not None:
        ways["flash-attn"] = attention.flash_attention
    if compiled:
        from torch.nn.attention.flex_attention import flex_attention  # imports the compiler

        ways["flex"] = functools.partial(_flexible, torch.compile(flex_attention, dynamic=False))
    return ways


def _scaled_dot_product(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2)


def _by(backend: SDPBackend, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    with sdpa_kernel(backend):
        return _scaled_dot_product(q, k, v)


def _flexible(flexible: Callable[..., Tensor], q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return flexible(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)


def _milliseconds(run: Callable[[], Tensor]) -> float | None:
    """Time of one run in the best of a few rounds, None if this GPU cannot do it."""
    try:
        for _ in range(3):
            run()
        rounds = []
        for _ in range(_ROUNDS):
            clock = Clock(torch.device("cuda"))
            for _ in range(_REPEATS):
                run()
            clock.lap("all")
            rounds.append(clock.laps()["all"] / _REPEATS)
    except Exception:  # a kernel that does not take these tensors says so in its own way, a compiler in any
        return None
    return min(rounds)


def _read(place: Path) -> dict[str, str]:
    """Names by shape; empty where nothing is remembered, or nothing readable."""
    try:
        known = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {shape: name for shape, name in known.items() if isinstance(name, str)}


def _place() -> Path:
    """File of this card and this torch."""
    card = "-".join((torch.cuda.get_device_name(), str(torch.__version__)))
    name = "".join(letter if letter.isalnum() or letter in ".-+" else "_" for letter in card)
    return platformdirs.user_cache_path("arvd", appauthor=False) / "attention" / f"{name}.json"
