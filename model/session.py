"""A walk through a world: each step generates one frame from the frames before it and one action.

All that a session is, apart from the weights, is in its state: cache, pose, noise generator and newest frame.
The same state and actions give the same bytes on machines of the same class.
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .actions import Action
from .camera import Camera
from .errors import StateError
from .snapshot import Snapshot, of_another
from .walk import Newest, Walk

if TYPE_CHECKING:
    from .world import World


class Session:
    """Made by `World.start`."""

    def __init__(
        self,
        world: "World",
        frames: npt.NDArray[np.uint8],
        actions: Sequence[Action],
        *,
        seed: int,
        steps: int,
        pitch: float = 0.0,
    ) -> None:
        """Fill the context with frames (t, h, w, 3) and their t actions, the camera at `pitch` before the first."""
        self.world, self.seed, self.steps = world, seed, steps
        self.index = 0
        """Frames generated so far."""
        self.frame: npt.NDArray[np.uint8] = frames[-1].copy()
        """Newest frame (h, w, 3); the last given one before the first step."""
        self.timings: dict[str, float] = {}
        """Milliseconds per stage of the newest frame, in order."""
        self._device = torch.device(world.device)
        self._walk = Walk(world.transformer, sink=world.spec.sink, window=world.spec.window, evaluator=world.evaluator)
        self._generator = torch.Generator().manual_seed(seed)
        self._camera = Camera(world.spec.actions, pitch)
        for latent, action in zip(world.encode(frames), actions, strict=True):
            vector = self._turn(action)
            self._walk.give(Newest(latent[None, None], vector, self._camera.pose))

    @property
    def pitch(self) -> float:
        """Of the camera at the newest frame, in degrees, + = down."""
        return float(self._camera.pose[0])

    def step(self, action: Action) -> npt.NDArray[np.uint8]:
        """Generate and return the next frame (h, w, 3) under `action`."""
        vector = self._turn(action)
        clock = _Clock(self._device)
        with torch.inference_mode():
            sampler = self.world.sampler
            timesteps = sampler.timesteps(self.steps, first=self.index == 0)
            drawn = self._walk.step(vector, self._camera.pose, sampler.kind, timesteps, self._draw, clock.lap)
            self.frame = self.world.decode(drawn.latent[0])[0]
            clock.lap("decode")
        self.index += 1
        self.timings = clock.laps
        return self.frame

    def snapshot(self) -> Snapshot:
        """Return the whole state, to go back to later."""
        cache, newest = self._walk.cache, self._newest
        tensors = {
            "newest_latent": newest.latent,
            "newest_vector": newest.vector,
            "keys": cache.keys,
            "values": cache.values,
            "poses": cache.poses,
            "pose": self._camera.pose,
            "generator": self._generator.get_state(),
            "frame": torch.from_numpy(self.frame),
        }
        own = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
        return Snapshot(self.world.hash, str(self.world.dtype), self.seed, self.steps, self.index, cache.count, own)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot; raises StateError, and changes nothing, when it does not fit."""
        for name, ours in (("world", self.world.hash), ("dtype", str(self.world.dtype))):
            if getattr(snapshot, name) != ours:
                raise of_another(name, getattr(snapshot, name), ours)
        cache, tensors = self._walk.cache, snapshot.tensors
        generator = torch.Generator()
        try:
            newest = self._newest
            for name, like in (
                ("keys", cache.keys),
                ("values", cache.values),
                ("poses", cache.poses),
                ("pose", self._camera.pose),
                ("newest_latent", newest.latent),
                ("newest_vector", newest.vector),
                ("frame", torch.from_numpy(self.frame)),
            ):
                if tensors[name].shape != like.shape or tensors[name].dtype != like.dtype:
                    raise ValueError(f"{name} has another shape")
            if not self.world.sampler.allows(snapshot.steps) or min(snapshot.index, snapshot.count) < 0:
                raise ValueError("steps or counters are out of range")
            generator.set_state(tensors["generator"])
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise StateError(f"the saved state is damaged ({error}); use an older one") from None
        cache.load(tensors["keys"], tensors["values"], tensors["poses"], snapshot.count)
        latent, vector = (tensors[name].to(self._device) for name in ("newest_latent", "newest_vector"))
        self._camera.pose, self._generator = tensors["pose"].clone(), generator
        self._walk.newest = Newest(latent, vector, tensors["pose"].clone())
        self.seed, self.steps, self.index = snapshot.seed, snapshot.steps, snapshot.index
        self.frame, self.timings = tensors["frame"].numpy().copy(), {}

    def save(self) -> bytes:
        """Return the whole state; `load` of any session of the same world continues from it to the byte."""
        return self.snapshot().to_bytes()

    def load(self, state: bytes) -> None:
        """Continue from a saved state; raises StateError, and changes nothing, when it does not fit."""
        self.restore(Snapshot.from_bytes(state))

    @property
    def _newest(self) -> Newest:
        assert self._walk.newest is not None
        return self._walk.newest

    def _turn(self, action: Action) -> Tensor:
        """Move the camera and return the action's vector (1, 1, 11)."""
        return self._camera.turn(action)[None, None].to(self._device)

    def _draw(self) -> Tensor:
        return torch.randn((1, 1, *self.world.latent_shape), generator=self._generator).to(self._device)


class _Clock:
    """Milliseconds between laps, work that was only handed to a GPU included."""

    def __init__(self, device: torch.device) -> None:
        self.laps: dict[str, float] = {}
        self._device = device
        self._last: float = time.perf_counter()

    def lap(self, name: str) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1000
        self._last = now
