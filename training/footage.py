"""What a run says of the footage that it learns from, so that it goes on with no other."""

from collections.abc import Iterable
from typing import Any

from model.actions import KEYS
from model.errors import DataError
from model.footage.clip import Dataset

from .data.digest import dataset_digest


def known_footage(dataset: Dataset, frames: int) -> dict[str, Any]:
    """`dataset`, its digest; `fps`; and `keys`, those that are held at times: plain JSON values.

    Raises:
        DataError: when a clip is shorter than `frames`, the longest sample that any stage of the recipe will take.
    """
    count, name = min(zip(dataset.frame_counts, dataset.names, strict=True))
    if count < frames:
        raise DataError(
            f"{name}: has {count} frames, but the recipe trains on clips of {frames}; remove the clip or choose a "
            "recipe with shorter ones"
        )
    held = {
        key
        for clip in range(len(dataset.names))
        for key, column in zip(KEYS, dataset.actions(clip).T, strict=False)
        if column.any()
    }
    return {"dataset": dataset_digest(dataset), "fps": dataset.fps, "keys": list(in_order(held))}


def in_order(keys: Iterable[str]) -> tuple[str, ...]:
    """Those of `KEYS` that are among `keys`, each once, in their own order."""
    named = set(keys)
    return tuple(key for key in KEYS if key in named)
