"""A state as a session of another precision, or with a memory of another length, goes on from it.

Numbers are rounded, and the frames that are remembered move to the places that they have there. What is drawn next is
near to what would have come, and not the same to the byte.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .snapshot import Form, Snapshot

_SLOT_AXES = {"keys": 1, "values": 1, "poses": 0}
"""Arrays that hold something for each remembered frame, and along which axis."""


def refit(snapshot: Snapshot, form: Form) -> Snapshot:
    """Return a state of the same world in another form; one that cannot be is returned as it is, for `check` to refuse.

    A shorter memory keeps the first frames and the newest.
    """
    if snapshot.world not in form.kin or snapshot.count < 0:
        return snapshot
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, (shape, kind) in form.arrays.items():
        array = snapshot.arrays.get(name)
        if array is None or array.ndim != len(shape):
            return snapshot
        arrays[name] = _as_kind(array, kind)
    there, here = len(arrays["poses"]), form.arrays["poses"][0][0]
    if there <= form.sink or any(arrays[name].shape[axis] != there for name, axis in _SLOT_AXES.items()):
        return snapshot
    count = snapshot.count
    if there != here:
        places = _places(count, there, here, form.sink)
        arrays |= {name: _moved(arrays[name], axis, places, here) for name, axis in _SLOT_AXES.items()}
        count = len(places)  # what is no longer there was never written: only distances between frames are felt
    return replace(snapshot, world=form.world, dtype=form.dtype, count=count, arrays=arrays)


def _places(count: int, there: int, here: int, sink: int) -> list[int]:
    """Where `there` slots hold the frames that find room `here`, in the order in which they were written."""
    kept = min(count, there, here)
    newest = range(count - max(0, kept - sink), count)
    return [*range(min(sink, kept)), *(sink + (frame - sink) % (there - sink) for frame in newest)]


def _moved(array: npt.NDArray[Any], axis: int, places: list[int], slots: int) -> npt.NDArray[Any]:
    """Return an array of so many slots, the first of which hold what was in `places`."""
    moved = np.zeros((*array.shape[:axis], slots, *array.shape[axis + 1 :]), array.dtype)
    np.moveaxis(moved, axis, 0)[: len(places)] = np.moveaxis(array, axis, 0)[places]
    return moved


def _as_kind(array: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    """Return bfloat16, kept as 16-bit numbers, in single precision, and the other way round; all else as it is."""
    if (str(array.dtype), kind) == ("uint16", "float32"):
        return (array.astype(np.uint32) << 16).view(np.float32)
    if (str(array.dtype), kind) == ("float32", "uint16"):
        bits = np.ascontiguousarray(array).view(np.uint32)
        return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)  # to the nearest, halves to even
    return array
