"""Many walks whose actions are known beforehand, as evaluations take them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .actions import Action
from .errors import WorldError
from .sessions import Sessions

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True)
class Stroll:
    """One walk: where it begins and what the hands do."""

    frames: npt.NDArray[np.uint8]
    """(t, h, w, 3), real frames to go on from."""
    actions: Sequence[Action]
    """Of these t frames."""
    future: Sequence[Action]
    """One for each frame to generate."""
    seed: int
    pitch: float = 0.0
    """Of the camera before the first action, in degrees."""


def imagine(world: "World", strolls: Sequence[Stroll], steps: int | None = None) -> npt.NDArray[np.uint8]:
    """Generate the frames (b, f, h, w, 3) that sessions of the same seeds would, up to rounding.

    Raises:
        WorldError: when the walks differ in length or the world cannot draw a frame in `steps`.
    """
    if len({(len(stroll.frames), len(stroll.actions), len(stroll.future)) for stroll in strolls}) != 1:
        raise WorldError("walks that are taken together must have one length; take them one by one")
    sessions = Sessions(
        world,
        np.stack([stroll.frames for stroll in strolls]),
        [stroll.actions for stroll in strolls],
        seeds=[stroll.seed for stroll in strolls],
        steps=steps,
        pitches=[stroll.pitch for stroll in strolls],
    )
    futures = zip(*(stroll.future for stroll in strolls), strict=True)
    return np.stack([sessions.step(actions) for actions in futures], axis=1)
