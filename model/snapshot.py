"""All that a session is at one moment: in memory, and as bytes that can be kept and carried."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from .errors import StateError

_FORMAT = 2
_NUMBERS = ("seed", "steps", "index", "count")


@dataclass(frozen=True)
class Snapshot:
    """Tensors of its own, on the CPU, and the session's counters."""

    world: str
    """Hash of the world."""
    dtype: str
    """Precision of the generator; another one would give other frames."""
    seed: int
    steps: int
    index: int
    """Frames generated so far."""
    count: int
    """Frames written to the cache so far."""
    tensors: Mapping[str, Tensor]

    @property
    def nbytes(self) -> int:
        """Memory that the tensors take."""
        return sum(tensor.nbytes for tensor in self.tensors.values())

    def to_bytes(self) -> bytes:
        """As a safetensors file, with a digest that tells damage."""
        about = {
            "format": _FORMAT,
            "digest": _digest(self.tensors),
            "world": self.world,
            "dtype": self.dtype,
            **{name: getattr(self, name) for name in _NUMBERS},
        }
        return save_tensors(dict(self.tensors), {"state": json.dumps(about)})

    @staticmethod
    def from_bytes(state: bytes) -> "Snapshot":
        """Read what `to_bytes` wrote; raises StateError naming what is wrong with it."""
        about, tensors = _read(state)
        if about.get("digest") != _digest(tensors):
            raise StateError(
                "the saved state is damaged (its SHA-256 differs from the one noted in it); use an older one"
            )
        if about.get("format") != _FORMAT:
            raise of_another("format", about.get("format"), _FORMAT)
        try:
            seed, steps, index, count = (int(about[name]) for name in _NUMBERS)
        except (KeyError, ValueError, TypeError) as error:
            raise StateError(f"the saved state is damaged ({error}); use an older one") from None
        return Snapshot(str(about.get("world")), str(about.get("dtype")), seed, steps, index, count, tensors)


def of_another(what: str, theirs: object, ours: object) -> StateError:
    """Return the error for a state that belongs elsewhere."""
    return StateError(f"the saved state is of another {what} ({theirs}, here {ours}); load it where it was saved")


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and bytes."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        sha.update(name.encode())
        sha.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def _read(state: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Split a saved state into its description and its tensors."""
    try:
        length = int.from_bytes(state[:8], "little")
        header = json.loads(state[8 : 8 + length])
        about = json.loads(header["__metadata__"]["state"])
        tensors = load_tensors(state)
    except (ValueError, KeyError, TypeError, SafetensorError, RecursionError) as error:
        raise StateError(f"the saved state is not readable ({error}); use an older one") from None
    if not isinstance(about, dict):
        raise StateError("the saved state does not say what it is; use an older one")
    return about, tensors
