"""Noise of a session: the same for a seed whatever computes the world, on whatever machine."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import StateError

_FIELDS = (("counter", 4), ("key", 2), ("buffer", 4), ("buffer_pos", 1), ("has_uint32", 1), ("uinteger", 1))
_LENGTH = sum(length for _, length in _FIELDS)
_INNER = ("counter", "key")  # of these the state of Philox proper consists


class Noise:
    """Unit Gaussian noise without end, by a counter-based generator (Philox-4x64)."""

    def __init__(self, seed: int) -> None:
        """Begin the noise of `seed`, a whole number from 0 up."""
        self._philox = np.random.Philox(seed)
        self._generator = np.random.Generator(self._philox)

    def draw(self, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return the next noise of that shape."""
        return self._generator.standard_normal(shape, dtype=np.float32)

    @property
    def state(self) -> npt.NDArray[np.int64]:
        """Where the noise stands, (13,)."""
        state: dict[str, Any] = dict(self._philox.state)
        flat = state | state["state"]
        return np.concatenate([np.atleast_1d(flat[name]).astype(np.uint64) for name, _ in _FIELDS]).view(np.int64)

    @staticmethod
    def at(state: npt.NDArray[np.int64]) -> "Noise":
        """Go on from a `state`; raises StateError for what is none."""
        if state.shape != (_LENGTH,) or state.dtype != np.int64:
            raise StateError("the saved state is damaged (its noise has another shape); use an older one")
        parts = np.split(state.view(np.uint64), np.cumsum([length for _, length in _FIELDS])[:-1])
        values: dict[str, Any] = {
            name: part if length > 1 else int(part[0]) for (name, length), part in zip(_FIELDS, parts, strict=True)
        }
        if values["buffer_pos"] > 4 or values["has_uint32"] > 1 or values["uinteger"] >= 2**32:
            raise StateError("the saved state is damaged (its noise is out of range); use an older one")
        noise = Noise(0)
        inner = {name: values.pop(name) for name in _INNER}
        whole: Any = {"bit_generator": "Philox", "state": inner, **values}
        noise._philox.state = whole
        return noise
