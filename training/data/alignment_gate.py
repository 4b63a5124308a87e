"""Nothing misaligned comes in: clips whose picture moves before or after their actions say so are left out."""

from collections.abc import Callable
from dataclasses import dataclass

from model.footage.clip import Dataset
from model.footage.subset import Subset

from .check.alignment import clip_alignment


@dataclass(frozen=True)
class Refused:
    """A clip that was left out."""

    name: str
    why: str
    """What is wrong and how to put it right."""


def aligned_clips(dataset: Dataset, advance: Callable[[], None] = lambda: None) -> tuple[Subset, tuple[Refused, ...]]:
    """Split a dataset into the clips whose motion is best explained by the actions as they stand, and the others.

    A clip that hardly turns, or shows too little to tell, is taken. `advance` is called once per clip.
    """
    taken: list[int] = []
    refused: list[Refused] = []
    for index, name in enumerate(dataset.names):
        alignment = clip_alignment(dataset, index)
        if alignment is not None and alignment.fault:
            refused.append(Refused(name, alignment.fault))
        else:
            taken.append(index)
        advance()
    return Subset(dataset, tuple(taken)), tuple(refused)
