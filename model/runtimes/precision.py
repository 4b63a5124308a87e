"""Whether this processor gains by computing in bf16.

A processor may have the instructions and be slower by them: seen at half the rate of fp32, in a virtual machine that
keeps AMX from its guests. So it is tried, for a twentieth of a second, once on a machine: what a walk is computed in
must not change from one start to the next, for its saved states are of that precision.
"""

import contextlib
import functools
import hashlib
import time
from pathlib import Path

import platformdirs
import torch

from ..errors import RunError
from ..files import write_atomically
from ..machine import processor_model

_SIDE, _TIMES = 768, 5  # of a square product, and how often it is tried
_GAIN = 1.2  # by which bf16 has to be sooner, or rounding would be for nothing


@functools.cache
def multiplies_sooner(dtype: torch.dtype) -> bool:
    """Whether a matrix product in `dtype` is sooner than in fp32 here, by a fifth at least."""
    place = _place(dtype)
    with contextlib.suppress(OSError, ValueError, KeyError):
        return {"sooner": True, "later": False}[place.read_text().strip()]
    sooner = _GAIN * _seconds(dtype) < _seconds(torch.float32)
    with contextlib.suppress(RunError):  # a cache that cannot be written to: it will be tried again
        write_atomically(place, b"sooner" if sooner else b"later")
    return sooner


def _seconds(dtype: torch.dtype) -> float:
    """Best time of a product."""
    a = torch.ones(_SIDE, _SIDE, dtype=dtype)
    best = float("inf")
    with torch.no_grad():
        for _ in range(_TIMES):
            began = time.perf_counter()
            a @ a
            best = min(best, time.perf_counter() - began)
    return best


def _place(dtype: torch.dtype) -> Path:
    """Name of the file that remembers; what may change the result goes into it."""
    digest = hashlib.sha256(f"{processor_model()} {torch.__version__} {dtype}".encode()).hexdigest()
    return platformdirs.user_cache_path("arvd", appauthor=False) / "precision" / digest[:32]
