"""All that a session is at one moment: in memory, and as bytes that can be kept and carried."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from .errors import StateError

_FORMAT, _BEFORE = 4, 3
_MOST_FRAMES = 2**53  # beyond which a frame's position in time is no whole number any more
_NUMBERS = ("seed", "steps", "index", "count")


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a session keeps its state."""

    world: str
    """Hash of its world."""
    kin: Collection[str]
    """Hashes of that world with memories of any length."""
    dtype: str
    """Precision of the generator."""
    sink: int
    """Frames that are kept for ever; they have the first slots."""
    arrays: Mapping[str, tuple[tuple[int, ...], str]]
    """Shape and type of each array."""
    allows: Callable[[int], bool]
    """Whether a frame can be drawn in so many steps."""


@dataclass(frozen=True)
class Snapshot:
    """Arrays of its own and the session's counters: the same for every runtime of one precision."""

    world: str
    """Hash of the world."""
    dtype: str
    """Precision of the generator, such as `float32`; another one would give other frames."""
    seed: int
    steps: int
    index: int
    """Frames generated so far."""
    count: int
    """Frames written to the cache so far."""
    arrays: Mapping[str, npt.NDArray[Any]]
    """bfloat16 as the 16-bit numbers that it is stored in."""

    @property
    def nbytes(self) -> int:
        """Memory that the arrays take."""
        return sum(array.nbytes for array in self.arrays.values())

    def fits(self, form: Form) -> bool:
        """Whether it is of the precision and the length of memory that a session has: it is taken as it is."""
        return (self.world, self.dtype) == (form.world, form.dtype)

    def check(self, form: Form) -> None:
        """Compare with the form in which a session keeps its state; raises StateError naming what does not fit."""
        for name, theirs, ours in (("world", self.world, form.world), ("dtype", self.dtype, form.dtype)):
            if theirs != ours:
                raise of_another(name, theirs, ours)
        for name, (shape, kind) in form.arrays.items():
            array = self.arrays.get(name)
            if array is None or array.shape != shape or str(array.dtype) != kind:
                raise _damaged(f"{name} is missing or has another shape")
        counted = min(self.index, self.count) >= 0 and max(self.index, self.count) <= _MOST_FRAMES
        if not form.allows(self.steps) or self.seed < 0 or not counted:
            raise _damaged("steps or counters are out of range")

    def to_bytes(self) -> bytes:
        """As a safetensors file, with a digest that tells damage."""
        about = {
            "format": _FORMAT,
            "world": self.world,
            "dtype": self.dtype,
            **{name: getattr(self, name) for name in _NUMBERS},
        }
        return save_arrays(dict(self.arrays), {"state": json.dumps(about | {"digest": _digest(about, self.arrays)})})

    @staticmethod
    def from_bytes(state: bytes) -> "Snapshot":
        """Read what `to_bytes` wrote; raises StateError naming what is wrong with it."""
        about, arrays = _read(state)
        if about.get("format") not in (_FORMAT, _BEFORE):
            raise of_another("format", about.get("format"), _FORMAT)
        if about.get("digest") != _digest(about, arrays):
            raise StateError(
                "the saved state is damaged (its SHA-256 differs from the one noted in it); use an older one"
            )
        try:
            seed, steps, index, count = (int(about[name]) for name in _NUMBERS)
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise _damaged(error) from None
        return Snapshot(str(about.get("world")), str(about.get("dtype")), seed, steps, index, count, arrays)


def of_another(what: str, theirs: object, ours: object) -> StateError:
    """Return the error for a state that belongs elsewhere."""
    return StateError(f"the saved state is of another {what} ({theirs}, here {ours}); load it where it was saved")


def _damaged(what: object) -> StateError:
    return StateError(f"the saved state is damaged ({what}); use an older one")


def _digest(about: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 over all that is said of the arrays, which the format before left out, their names and their bytes."""
    sha = hashlib.sha256()
    if about["format"] != _BEFORE:
        said = {name: value for name, value in about.items() if name != "digest"}
        sha.update(json.dumps(said, sort_keys=True).encode())
    for name in sorted(arrays):
        sha.update(name.encode())
        sha.update(np.ascontiguousarray(arrays[name]).tobytes())
    return sha.hexdigest()


def _read(state: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Split a saved state into its description and its arrays."""
    try:
        length = int.from_bytes(state[:8], "little")
        header = json.loads(state[8 : 8 + length])
        about = json.loads(header["__metadata__"]["state"])
        arrays = load_arrays(state)
    except (ValueError, KeyError, TypeError, SafetensorError, RecursionError) as error:
        raise StateError(f"the saved state is not readable ({error}); use an older one") from None
    if not isinstance(about, dict):
        raise StateError("the saved state does not say what it is; use an older one")
    return about, arrays
