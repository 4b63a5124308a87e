"""Which keys of a GF-Minecraft clip did nothing: collisions and invalid jumps, from where the player stood.

The rules and thresholds are those that GameFactory published for its dataset, save that a collision needs a movement
key: by displacement alone a player at rest would collide all the time.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..actions import KEYS
from .clip import Actions

THRESHOLD = 0.01
"""Blocks in one frame; no more than that is no motion."""

_MOVEMENT = [KEYS.index(key) for key in ("forward", "back", "left", "right")]
_JUMP = KEYS.index("jump")

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Detection:
    """What became of each frame's keys; row k speaks of the motion from frame k-1 to frame k, row 0 of none."""

    delta_pos: npt.NDArray[np.float64]
    """(t, 3), blocks moved: x, y (up), z."""
    collision: Flags
    """(t,), a movement key was down and the player stayed in place, seen from above."""
    jump_invalid: Flags
    """(t,), jump was down without effect: the player did not rise, or rose by an earlier press."""


def detect(actions: Actions, positions: npt.NDArray[np.float64], threshold: float = THRESHOLD) -> Detection:
    """Compare keys (t, 11) with positions (t, 3), in blocks, y up."""
    delta = np.diff(positions, axis=0, prepend=positions[:1])
    still = (np.abs(delta[:, 0]) <= threshold) & (np.abs(delta[:, 2]) <= threshold)
    moving, jump = actions[:, _MOVEMENT].max(1) > 0, actions[:, _JUMP] > 0
    rising = jump & (delta[:, 1] > threshold)
    lifted = rising & ~np.append(False, rising[:-1])  # of a run of frames that rise only the first was a jump
    return Detection(delta, still & moving, jump & ~lifted)


def effective(actions: Actions, jump_invalid: Flags) -> Actions:
    """Actions (t, 11) without the presses of jump that did nothing: the dataset's own rule for training."""
    changed = actions.copy()
    changed[jump_invalid, _JUMP] = 0
    return changed
