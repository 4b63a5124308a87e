"""Weights of a world's own files, read in float32 without torch."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize

from ..errors import WorldError

Array = npt.NDArray[np.float32]


def read_weights(path: Path) -> dict[str, Array]:
    """Read a safetensors file; raises WorldError for one that is not readable."""
    try:
        entries = deserialize(path.read_bytes())  # type: ignore[no-untyped-call] # list of name and dtype, shape, data
        return {name: _array(entry["dtype"], entry["shape"], entry["data"]) for name, entry in entries}
    except (SafetensorError, OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise WorldError(f"{path}: not readable ({first}); install the world again") from None


def joined(weights: Mapping[str, Array], sources: Sequence[str]) -> Array:
    """Return the weights of these names, one behind the other; KeyError for a name that there is not."""
    parts = [weights[source] for source in sources]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _array(dtype: str, shape: Sequence[int], data: bytes) -> Array:
    if dtype == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(shape)
    if dtype != "F32":
        raise ValueError(f"weights are {dtype}, not BF16 or F32")
    return np.frombuffer(data, np.float32).reshape(shape)
