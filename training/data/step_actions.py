"""What the action of a step of a latent cache can be: hands, for one frame or for the few that a latent covers."""

import numpy as np

from model.actions import DEGREES_PER_UNIT, MAX_CAMERA_DEGREES
from model.footage.clip import Actions

MOST_FRAMES = 16
"""Most frames that a latent covers; Wan's covers 4."""


def check_steps(actions: Actions) -> None:
    """Refuse action vectors (t, 11) that no hands made; raises ValueError saying why."""
    keys, camera = actions[:, :-2], actions[:, -2:]
    if not ((keys == 0) | (keys == 1)).all():
        raise ValueError("its keys are neither 0 nor 1")
    if not (np.abs(camera) * DEGREES_PER_UNIT <= MOST_FRAMES * MAX_CAMERA_DEGREES).all():  # a NaN compares as false
        raise ValueError("its camera turns farther than any hand turns it, or by what is no number")
