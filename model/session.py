"""A walk through a world: each step generates one frame from the frames before it and one action.

All that a session is, apart from the weights, is in its state: cache, pose, noise generator and newest frame.
The same state and actions give the same bytes on machines of the same class.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from .actions import DEGREES_PER_UNIT, KEYS, Action
from .cache import FrameAttention, KeyValueCache, StepAttention
from .errors import StateError
from .sampler import sample

if TYPE_CHECKING:
    from .world import World

_STATE_FORMAT = 1
_MAX_PITCH = 90.0


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
        self._cache = KeyValueCache(world.transformer, sink=world.spec.sink, window=world.spec.window)
        self._generator = torch.Generator().manual_seed(seed)
        self._pose = torch.tensor([pitch, 0.0], dtype=torch.float64)
        self._learned = torch.tensor([key in world.spec.actions for key in KEYS] + [True, True])
        self._newest = _Newest(torch.zeros(0), torch.zeros(0))
        for i, (latent, action) in enumerate(zip(world.encode(frames), actions, strict=True)):
            if i:
                self._write()
            self._newest = _Newest(latent[None, None], self._turn(action))

    def step(self, action: Action) -> npt.NDArray[np.uint8]:
        """Generate and return the next frame (h, w, 3) under `action`."""
        pose, vector = self._pose, self._turn(action)
        clock = _Clock(self._device)
        with torch.inference_mode():
            view = self._cache.step(pose, self._pose)
            clock.lap("rotate")
            evaluations = 0
            again: FrameAttention | None = None

            def predict(x: Tensor, t: Tensor) -> Tensor:
                """The first evaluation of a frame also writes the newest; later ones see what was written."""
                nonlocal evaluations, again
                evaluations += 1
                if again is not None:
                    v: Tensor = self.world.transformer(x, t.expand(1, 1).to(self._device), vector, again)
                    clock.lap(f"evaluate {evaluations}")
                    return v
                v = self._write_and_evaluate(x, t, vector, view)
                clock.lap("evaluate 1")
                self._cache.write(view.keys, view.values, pose)
                again = self._cache.view(self._pose)
                clock.lap("write")
                return v

            latent = sample(self.world.sampler, self.steps, predict, self._draw)
            self.frame = self.world.decode(latent[0])[0]
            clock.lap("decode")
        self._newest = _Newest(latent, vector)
        self.index += 1
        self.timings = clock.laps
        return self.frame

    def _write_and_evaluate(self, x: Tensor, t: Tensor, vector: Tensor, view: StepAttention) -> Tensor:
        """First evaluation of the next frame, in one forward with the clean write of the newest."""
        latents = torch.cat((self._newest.latent, x), dim=1)
        times = torch.stack((torch.zeros_like(t), t))[None].to(self._device)
        vectors = torch.cat((self._newest.vector, vector), dim=1)
        v: Tensor = self.world.transformer(latents, times, vectors, view)
        return v[:, 1:]

    def _write(self) -> None:
        """Write the newest frame into the cache."""
        with torch.inference_mode():
            view = self._cache.view(self._pose)
            self.world.transformer(
                self._newest.latent, torch.zeros((1, 1), device=self._device), self._newest.vector, view
            )
            self._cache.write(view.keys, view.values, self._pose)

    def save(self) -> bytes:
        """Return the whole state; `load` of any session of the same world continues from it to the byte."""
        tensors = {
            "newest_latent": self._newest.latent,
            "newest_vector": self._newest.vector,
            "keys": self._cache.keys,
            "values": self._cache.values,
            "poses": self._cache.poses,
            "pose": self._pose,
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
            "count": self._cache.count,
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
        cache = self._cache
        generator = torch.Generator()
        try:
            seed, steps, index, count = (int(about[key]) for key in ("seed", "steps", "index", "count"))
            newest = self._newest
            for name, like in (
                ("keys", cache.keys),
                ("values", cache.values),
                ("poses", cache.poses),
                ("pose", self._pose),
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
        self._newest = _Newest(latent, vector)
        self._pose, self._generator = tensors["pose"], generator
        self.seed, self.steps, self.index, self.frame, self.timings = seed, steps, index, frame.copy(), {}

    def _turn(self, action: Action) -> Tensor:
        """Move the camera and return the action's vector (1, 1, 11); the neck bends no further than straight up."""
        pitch, yaw = self._pose.tolist()
        bent = min(_MAX_PITCH, max(-_MAX_PITCH, pitch + action.pitch))
        self._pose = torch.tensor([bent, yaw + action.yaw], dtype=torch.float64)
        vector = torch.from_numpy(action.vector()) * self._learned
        vector[-2] = (bent - pitch) / DEGREES_PER_UNIT
        return vector[None, None].to(self._device)

    def _draw(self) -> Tensor:
        return torch.randn((1, 1, *self.world.latent_shape), generator=self._generator).to(self._device)


@dataclass(frozen=True)
class _Newest:
    """The newest frame, generated or given; it is written to the cache when the next one is begun."""

    latent: Tensor
    """(1, 1, c, h, w)."""
    vector: Tensor
    """Action (1, 1, 11) that made it; the camera has not moved since."""


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
