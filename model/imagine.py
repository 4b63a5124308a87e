"""Many walks through a world at once, as evaluations take them: the same frames as one session each, sooner."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .actions import Action
from .camera import Camera
from .errors import WorldError
from .walk import Newest, Walk

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


@torch.inference_mode()
def imagine(world: "World", strolls: Sequence[Stroll], steps: int | None = None) -> npt.NDArray[np.uint8]:
    """Generate the frames (b, f, h, w, 3) that sessions of the same seeds would, up to rounding.

    Raises:
        WorldError: when the walks differ in length or the world cannot draw a frame in `steps`.
    """
    steps = world.sampler.default_steps if steps is None else steps
    if len({(len(stroll.frames), len(stroll.actions), len(stroll.future)) for stroll in strolls}) != 1:
        raise WorldError("walks that are taken together must have one length; take them one by one")
    if not world.sampler.allows(steps):
        raise WorldError(f"world {world.spec.name!r} cannot draw a frame in {steps} steps; use its own number")
    device = torch.device(world.device)
    cameras = [Camera(world.spec.actions, stroll.pitch) for stroll in strolls]
    generators = [torch.Generator().manual_seed(stroll.seed) for stroll in strolls]
    walk = Walk(world.transformer, sink=world.spec.sink, window=world.spec.window, batch=len(strolls))

    def turned(actions: Sequence[Action]) -> tuple[Tensor, Tensor]:
        """Vectors (b, 1, 11) and poses (b, 2)."""
        vectors = [camera.turn(action) for camera, action in zip(cameras, actions, strict=True)]
        return torch.stack(vectors)[:, None].to(device), torch.stack([camera.pose for camera in cameras])

    def draw() -> Tensor:
        noise = [torch.randn((1, 1, *world.latent_shape), generator=generator) for generator in generators]
        return torch.cat(noise).to(device)

    for k in range(len(strolls[0].frames)):
        latents = world.encode(np.stack([stroll.frames[k] for stroll in strolls]))
        walk.give(Newest(latents[:, None], *turned([stroll.actions[k] for stroll in strolls])))
    made = []
    for k in range(len(strolls[0].future)):
        timesteps = world.sampler.timesteps(steps, first=k == 0)
        vectors, poses = turned([stroll.future[k] for stroll in strolls])
        drawn = walk.step(vectors, poses, world.sampler.kind, timesteps, draw)
        made.append(world.decode(drawn.latent[:, 0]))
    return np.stack(made, axis=1)
