"""A small ablation of the recipe `micro`, and a reader of actions small enough for its pictures."""

from pathlib import Path

import torch

from training.ablation import AblationConfig
from training.commands.ablate import Job
from training.inverse_dynamics import InverseDynamicsConfig, InverseDynamicsModel, TrainedOn, save_inverse_dynamics

from .micro import micro

CONFIG = AblationConfig(
    methods=("causal-cd", "none"), steps=(2,), shares=(0.5,), shared=("causal-cd",), clips=2, starts=1, frames=4
)


def make_reader(path: Path) -> Path:
    """Write an inverse-dynamics model of random weights for pictures of 32x48."""
    torch.manual_seed(0)
    config = InverseDynamicsConfig(size=(32, 48), hidden=8, features=4)
    save_inverse_dynamics(path, InverseDynamicsModel(config, TrainedOn(dataset="0" * 64, clips=1, frames=2, steps=1)))
    return path


def job(footage: Path, heldout: Path, idm: Path, root: Path, config: AblationConfig = CONFIG) -> Job:
    """The grid on the run in `root`."""
    return Job(micro(), config, footage, heldout, idm, root, "cpu")
