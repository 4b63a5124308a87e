"""A walk through a world: each step generates one frame from the frames before it and one action.

All that a session is, apart from the weights, is in its state: cache, pose, noise generator and newest frame.
The same state and actions give the same bytes on machines of the same class.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from .actions import Action
from .camera import Camera
from .errors import StateError
from .walk import Newest, Walk

if TYPE_CHECKING:
    from .world import World

_STATE_FORMAT = 2


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
        self._walk = Walk(world.transformer, sink=world.spec.sink, window=world.spec.window)
        self._generator = torch.Generator().manual_seed(seed)
        self._camera = Camera(world.spec.actions, pitch)
        for latent, action in zip(world.encode(frames), actions, strict=True):
            vector = self._turn(action)
            self._walk.give(Newest(latent[None, None], vector, self._camera.pose))

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

    def save(self) -> bytes:
        """Return the whole state; `load` of any session of the same world continues from it to the byte."""
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
        tensors = {name: tensor.contiguous().cpu() for name, tensor in tensors.items()}
        about = {
            "format": _STATE_FORMAT,
            "digest": _digest(tensors),
            "world": self.world.hash,
            "dtype": str(self.world.dtype),
            "seed": self.seed,
            "steps": self.steps,
            "index": self.index,
            "count": cache.count,
        }
        return save_tensors(tensors, {"state": json.dumps(about)})

    def load(self, state: bytes) -> None:
        """Continue from a saved state; raises StateError, and changes nothing, when it does not fit."""
        about, tensors = _read_state(state)
        if about.get("digest") != _digest(tensors):
            raise StateError(
                "the saved state is damaged (its SHA-256 differs from the one noted in it); use an older one"
            )
        expected = {"format": _STATE_FORMAT, "world": self.world.hash, "dtype": str(self.world.dtype)}
        for key, value in expected.items():
            if about.get(key) != value:
                raise StateError(
                    f"the saved state is of another {key} ({about.get(key)}, here {value}); load it where it was saved"
                )
        cache = self._walk.cache
        generator = torch.Generator()
        try:
            seed, steps, index, count = (int(about[key]) for key in ("seed", "steps", "index", "count"))
            newest = self._newest
            for name, like in (
                ("keys", cache.keys),
                ("values", cache.values),
                ("poses", cache.poses),
                ("pose", self._camera.pose),
                ("newest_latent", newest.latent),
                ("newest_vector", newest.vector),
            ):
                if tensors[name].shape != like.shape or tensors[name].dtype != like.dtype:
                    raise ValueError(f"{name} has another shape")
            frame = tensors["frame"].numpy()
            if frame.shape != self.frame.shape or not self.world.sampler.allows(steps) or min(index, count) < 0:
                raise ValueError("frame, steps or counters are out of range")
            generator.set_state(tensors["generator"])
        except (KeyError, ValueError, TypeError, RuntimeError) as error:
            raise StateError(f"the saved state is damaged ({error}); use an older one") from None
        cache.load(tensors["keys"], tensors["values"], tensors["poses"], count)
        latent, vector = (tensors[name].to(self._device) for name in ("newest_latent", "newest_vector"))
        self._camera.pose, self._generator = tensors["pose"], generator
        self._walk.newest = Newest(latent, vector, tensors["pose"])
        self.seed, self.steps, self.index, self.frame, self.timings = seed, steps, index, frame.copy(), {}

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


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 over names and bytes."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        sha.update(name.encode())
        sha.update(tensors[name].reshape(-1).view(torch.uint8).numpy().tobytes())
    return sha.hexdigest()


def _read_state(state: bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Split a saved state into its description and its tensors."""
    try:
        length = int.from_bytes(state[:8], "little")
        header = json.loads(state[8 : 8 + length])
        about = json.loads(header["__metadata__"]["state"])
        tensors = load_tensors(state)
    except (ValueError, KeyError, TypeError, SafetensorError, RecursionError) as error:
        raise StateError(f"the saved state is not readable ({error}); use an older one") from None
    if not isinstance(about, dict):
        raise StateError("the saved state does not say what it is; use an older one")
    return about, tensors
