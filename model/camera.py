"""The camera that a person's hands turn, and the action as the generator is told it."""

import numpy as np
import numpy.typing as npt

from .actions import DEGREES_PER_UNIT, KEYS, Action

MAX_PITCH = 90.0
"""Degrees that the neck bends, down as well as up."""


def bent_to(pitch: float) -> float:
    """Return how far the neck bends that is asked to bend to `pitch` degrees."""
    return min(MAX_PITCH, max(-MAX_PITCH, pitch))


class Camera:
    """Pose of one walk; the neck bends no further than straight up and down."""

    def __init__(self, learned: tuple[str, ...], pitch: float) -> None:
        """Level but for `pitch` degrees; keys that are not `learned` will mean nothing."""
        self.pose: npt.NDArray[np.float64] = np.array([pitch, 0.0])
        """(pitch, yaw) in degrees, + = down and right, yaw without end; each turn makes a new array."""
        self._learned = np.array([key in learned for key in KEYS] + [True, True])

    def turn(self, action: Action) -> npt.NDArray[np.float32]:
        """Move the camera and return the action's vector (11,), of the pitch only what the neck allowed."""
        pitch, yaw = self.pose.tolist()
        bent = bent_to(pitch + action.pitch)
        self.pose = np.array([bent, yaw + action.yaw])
        vector = np.where(self._learned, action.vector(), np.float32(0))
        vector[-2] = (bent - pitch) / DEGREES_PER_UNIT
        return vector
