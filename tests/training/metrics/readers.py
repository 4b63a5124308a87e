"""An inverse-dynamics model with weights set by hand, and a world that shows what really happened."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from model.actions import Action
from model.footage.clip import Dataset
from training.inverse_dynamics import InverseDynamicsConfig, InverseDynamicsModel
from training.metrics.pictures import Bytes
from training.metrics.playable import CONTEXT
from training.phase_correlation import PhaseCorrelationConfig

from .fakes import Replay

SMALL = InverseDynamicsConfig(
    size=(32, 48),
    keys=("forward", "left"),
    correlation=PhaseCorrelationConfig(reach=(3, 8), block=16, blocks=(2, 3)),
    hidden=8,
    dilations=(1,),
    features=4,
)
"""Half the size of the walls of `fakes`."""


@torch.no_grad()
def turn_reader() -> InverseDynamicsModel:
    """Reads yaw from the shift of the whole picture, 1 degree per pixel at twice its size, and `left` from yaw < -1.

    `forward` it takes for always held.
    """
    model = InverseDynamicsModel(SMALL).eval()
    for parameter in model.parameters():
        parameter.zero_()
    model.transition.weight[0, 1] = 1.0  # channel 1 is the shift to the right, in units of 2 pixels
    model.summary.weight[0, 0] = 1.0
    model.camera_head.weight[1, 0] = -1.0  # times 4 degrees: content moves right when the camera turns left
    model.key_head.weight[1, 0] = 1.0
    model.key_head.bias.copy_(torch.tensor([1.0, -0.25]))
    return model


@dataclass(frozen=True)
class ReplayWorld:
    """Finds its context in the footage, at the frame that is its seed, and shows what really followed."""

    footage: Dataset

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Bytes, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> Replay:
        del scene, steps, pitch
        assert clip is not None
        vectors = np.stack([action.vector() for action in clip[1]])
        for index in range(len(self.footage.names)):
            real = self.footage.read(index)
            before = slice(seed - CONTEXT, seed)
            if np.array_equal(real.frames[before], clip[0]) and np.allclose(real.actions[before], vectors):
                return Replay(list(real.frames[seed:]))
        raise AssertionError("context and actions were not handed over as they stand in the footage")

    def reconstruct(self, frames: Bytes) -> Bytes:
        return frames
