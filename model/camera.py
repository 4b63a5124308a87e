"""The camera that a person's hands turn, and the action as the generator is told it."""

import torch
from torch import Tensor

from .actions import DEGREES_PER_UNIT, KEYS, Action

_MAX_PITCH = 90.0


class Camera:
    """Pose of one walk; the neck bends no further than straight up and down."""

    def __init__(self, learned: tuple[str, ...], pitch: float) -> None:
        """Level but for `pitch` degrees; keys that are not `learned` will mean nothing."""
        self.pose = torch.tensor([pitch, 0.0], dtype=torch.float64)
        """(pitch, yaw) in degrees, + = down and right, yaw without end."""
        self._learned = torch.tensor([key in learned for key in KEYS] + [True, True])

    def turn(self, action: Action) -> Tensor:
        """Move the camera and return the action's vector (11,), of the pitch only what the neck allowed."""
        pitch, yaw = self.pose.tolist()
        bent = min(_MAX_PITCH, max(-_MAX_PITCH, pitch + action.pitch))
        self.pose = torch.tensor([bent, yaw + action.yaw], dtype=torch.float64)
        vector = torch.from_numpy(action.vector()) * self._learned
        vector[-2] = (bent - pitch) / DEGREES_PER_UNIT
        return vector
