"""Several walks through a world that go in step: the same frames as one session each, up to rounding, sooner.

But every frame is remembered, also of one who stands still (`stillness`): walks that go in step share one count, and
none must depend on what the others do.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .actions import Action
from .camera import Camera
from .errors import WorldError
from .noise import Noise
from .transfer import upload
from .walk import Newest, Walk

if TYPE_CHECKING:
    from .world import World


class Sessions:
    """b walks of one length; every step generates the next frame of each."""

    def __init__(
        self,
        world: "World",
        frames: npt.NDArray[np.uint8],
        actions: Sequence[Sequence[Action]],
        *,
        seeds: Sequence[int],
        steps: int | None = None,
        pitches: Sequence[float] | None = None,
    ) -> None:
        """Fill the contexts with frames (b, t, h, w, 3) and t actions each.

        `seeds` are those of the noise, `steps` the evaluations per frame (the world's own number if left out),
        `pitches` those of the cameras before the first action, in degrees (level if left out).

        Raises:
            WorldError: when the world cannot draw a frame in `steps`.
        """
        self.steps = world.sampler.default_steps if steps is None else steps
        if not world.sampler.allows(self.steps):
            raise WorldError(f"world {world.spec.name!r} cannot draw a frame in {steps} steps; use its own number")
        self.index = 0
        """Frames generated so far."""
        self._world, self._device = world, torch.device(world.device)
        self._cameras = [Camera(world.spec.actions, pitch) for pitch in pitches or [0.0] * len(seeds)]
        self._noises = [Noise(seed) for seed in seeds]
        self._walk = Walk(world.transformer, sink=world.spec.sink, window=world.spec.window, batch=len(seeds))
        for k in range(frames.shape[1]):
            latents = world.encode(frames[:, k])
            self._walk.give(Newest(latents[:, None], *self._turned([of_one[k] for of_one in actions])))

    @torch.inference_mode()
    def step(self, actions: Sequence[Action]) -> npt.NDArray[np.uint8]:
        """Generate the next frames (b, h, w, 3), one action each."""
        timesteps = self._world.sampler.timesteps(self.steps, first=self.index == 0)
        world, coming = self._world, None

        def look(latent: Tensor) -> Tensor:
            nonlocal coming
            coming, remembered = world.show(latent[:, 0])
            return remembered[:, None]

        self._walk.step(*self._turned(actions), world.sampler.kind, timesteps, self._draw, look=look)
        self.index += 1
        assert coming is not None
        return coming.wait()

    def _turned(self, actions: Sequence[Action]) -> tuple[Tensor, Tensor]:
        """Vectors (b, 1, 11) and poses (b, 2)."""
        vectors = [camera.turn(action) for camera, action in zip(self._cameras, actions, strict=True)]
        poses = torch.from_numpy(np.stack([camera.pose for camera in self._cameras]))
        return upload(torch.from_numpy(np.stack(vectors))[:, None], self._device), poses

    def _draw(self) -> Tensor:
        noise = [noise.draw((1, *self._world.latent_shape)) for noise in self._noises]
        return upload(torch.from_numpy(np.stack(noise)), self._device)
