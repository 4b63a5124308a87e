"""Rollouts with the real actions, as an inverse-dynamics model reads them: made once, measured in several ways.

Each run begins with the last real frame before a world takes over, and no earlier one: keys are held for long, and a
model that saw them held in real frames would read them in a world that ignores them. The real frames that followed the
same starts are read in the same way, so that every number has its ceiling beside it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from model.actions import DEGREES_PER_UNIT, KEYS, Action
from model.autoencoder import to_pixels
from model.footage.clip import Actions, Clip, Dataset

from ..inverse_dynamics import InverseDynamicsModel, shrink_factor
from .pictures import Bytes
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_clips

Held = npt.NDArray[np.bool_]
"""(s, n, keys): runs, transitions, keys in the model's order."""
Degrees = npt.NDArray[np.float32]
"""(s, n, 2): pitch and yaw of each transition, + = down and right."""
Features = npt.NDArray[np.float32]
"""(s, n, d)."""


RUN = 32
"""Transitions into which whole clips are cut for reading."""


@dataclass(frozen=True, kw_only=True)
class RolledConfig:
    """How much is rolled out."""

    clips: int = 20
    starts: int = 3
    """Rollouts per clip."""
    frames: int = 64
    """Length of a rollout."""
    steps: int | None = None
    """Denoising evaluations per frame; the world's own number if None."""
    seed: int = 0


@dataclass(frozen=True)
class Asked:
    """What the hands did in runs of one clip."""

    keys: Held
    camera: Degrees


@dataclass(frozen=True)
class Read:
    """What was read from runs of one clip."""

    keys: Held
    camera: Degrees
    features: Features


@dataclass(frozen=True)
class RolledClip:
    """Runs from the starts of one clip: what was asked, what the real frames show and what the generated ones show."""

    clip: str
    asked: Asked
    real: Read
    generated: Read


@dataclass(frozen=True)
class Rolled:
    """Result of `roll`."""

    keys: tuple[str, ...]
    """Names of the keys that are read."""
    clips: tuple[RolledClip, ...]
    seed: int

    @property
    def frames(self) -> int:
        """Frames of each rollout."""
        return int(self.clips[0].asked.keys.shape[1])


def roll(
    world: PlayableWorld,
    dataset: Dataset,
    model: InverseDynamicsModel,
    config: RolledConfig,
    *,
    progress: Callable[[str], None] = ignore,
) -> Rolled:
    """Roll `world` out from moments of held-out footage with the actions that really followed, and read all frames.

    Raises:
        DataError: when a clip is too short.
        WorldError: when the frames are no whole multiple of the model's picture size.
    """
    shrink_factor(dataset.size, model.config.size)  # before anything is drawn
    drawn = draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=config.frames, seed=config.seed + 3)
    clips = []
    for starts, generated in roll_clips(world, drawn, seed=config.seed, steps=config.steps):
        progress(f"following {starts[0].clip}")
        asked = asked_of(np.stack([_vectors(start.future_actions) for start in starts]), model.config.keys)
        real = read_runs(model, np.stack([_after_last(start, start.future) for start in starts]))
        runs = np.stack([_after_last(start, frames) for start, frames in zip(starts, generated, strict=True)])
        clips.append(RolledClip(starts[0].clip, asked, real, read_runs(model, runs)))
    return Rolled(model.config.keys, tuple(clips), config.seed)


def real_runs(clip: Clip, model: InverseDynamicsModel) -> tuple[Asked, Read]:
    """Cut a whole clip into runs of `RUN` transitions, none twice, and read them; a remainder is left out."""
    length = min(RUN, len(clip) - 1)
    firsts = range(0, len(clip) - length, length)
    runs = np.stack([clip.frames[first : first + length + 1] for first in firsts])
    actions = np.stack([clip.actions[first + 1 : first + length + 1] for first in firsts])
    return asked_of(actions, model.config.keys), read_runs(model, runs)


def asked_of(actions: Actions, keys: Sequence[str]) -> Asked:
    """Action vectors (s, n, 11) as held keys and degrees."""
    columns = [KEYS.index(key) for key in keys]
    return Asked(actions[..., columns] >= 0.5, actions[..., -2:] * DEGREES_PER_UNIT)


@torch.inference_mode()
def read_runs(model: InverseDynamicsModel, runs: Bytes) -> Read:
    """Read frames (s, n + 1, h, w, 3), run by run."""
    device = next(model.parameters()).device
    read = []
    for run in runs:
        features = model.features(to_pixels(torch.from_numpy(run).to(device))[None])
        reading = model.read(features)
        read.append([part[0].cpu().numpy() for part in (reading.keys > 0, reading.camera, features)])
    keys, camera, features_ = (np.stack(part) for part in zip(*read, strict=True))
    return Read(keys, camera, features_)


def _vectors(actions: Sequence[Action]) -> Actions:
    return np.stack([action.vector() for action in actions])


def _after_last(start: Start, frames: Bytes) -> Bytes:
    return np.concatenate([start.last[None], frames])
