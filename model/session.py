"""A walk through a world: each step generates one frame from the frames before it and one action.

All that a session is, apart from the weights, is in its state: cache, pose, noise generator and newest frame.
The same state and actions give the same bytes on machines of the same class.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .actions import IDLE, Action
from .camera import Camera
from .clock import Clock
from .session_base import SessionBase
from .snapshot import Form, Snapshot
from .transfer import Download, upload
from .walk import Lap, Newest, Walk

if TYPE_CHECKING:
    from .world import World


class Session(SessionBase):
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
        super().__init__(Camera(world.spec.actions, pitch), frames[-1], seed=seed, steps=steps)
        self.world = world
        self._device = torch.device(world.device)
        self._walk = Walk(world.transformer, sink=world.spec.sink, window=world.spec.window, evaluator=world.evaluator)
        for latent, action in zip(world.encode(frames), actions, strict=True):
            vector = self._turn(action)
            self._walk.give(Newest(latent[None, None], vector, self._pose))

    @property
    def held(self) -> int:
        """Frames that the next one sees: the newest and those that the context holds, at most as many as it can."""
        return min(self._walk.cache.count + 1, self.world.context_frames)

    def step(self, action: Action) -> npt.NDArray[np.uint8]:
        """Generate and return the next frame (h, w, 3) under `action`."""
        clock = Clock(self._device)
        self.frame = self._generate(action, clock.lap).wait()[0]
        if not self.world.spec.looks:
            clock.lap("decode")
        self.timings = clock.laps()
        return self.frame

    def run(self, actions: Iterable[Action]) -> Iterator[npt.NDArray[np.uint8]]:
        """Generate a frame (h, w, 3) for each action, as `step` does, where nobody has to see one to choose the next.

        A GPU decodes each frame beside the evaluations of the next one (but for a world that remembers pictures), whose
        action is therefore taken from `actions` before the frame comes. Until the last has come, or the iterator is
        closed, the state is one frame ahead.
        """
        coming: Download | None = None
        self.timings = {}
        try:
            for action in actions:
                before, coming = coming, self._generate(action)
                if before is not None:
                    self.frame = before.wait()[0]
                    yield self.frame
        finally:
            if coming is not None:
                self.frame = coming.wait()[0]
        if coming is not None:
            yield self.frame

    def snapshot(self) -> Snapshot:
        """Return the whole state, to go back to later."""
        arrays = {name: _as_array(tensor) for name, tensor in self._tensors().items()}
        arrays |= {"noise": self._noise.state, "frame": self.frame.copy()}
        count = self._walk.cache.count
        return Snapshot(self.world.hash, self._dtype, self.seed, self.steps, self.index, count, arrays)

    def _take_over(self, snapshot: Snapshot) -> None:
        theirs = {name: _as_tensor(snapshot.arrays[name], like) for name, like in self._tensors().items()}
        self._walk.cache.load(theirs["keys"], theirs["values"], theirs["poses"], snapshot.count)
        self._camera.pose = theirs["pose"].numpy()
        latent, vector = (theirs[name].to(self._device) for name in ("newest_latent", "newest_vector"))
        self._walk.newest = Newest(latent, vector, self._pose)

    @property
    def _form(self) -> Form:
        world = self.world
        arrays = {name: (tuple(tensor.shape), _kind(tensor.dtype)) for name, tensor in self._tensors().items()}
        arrays |= {"frame": (self.frame.shape, "uint8"), "noise": (self._noise.state.shape, "int64")}
        return Form(
            world=world.hash,
            kin=world.kin,
            dtype=self._dtype,
            sink=world.spec.sink,
            arrays=arrays,
            allows=world.sampler.allows,
        )

    @property
    def _dtype(self) -> str:
        return str(self.world.dtype).removeprefix("torch.")

    @property
    def _pose(self) -> Tensor:
        return torch.from_numpy(self._camera.pose)

    def _tensors(self) -> dict[str, Tensor]:
        """All tensors of the state."""
        cache, newest = self._walk.cache, self._walk.newest
        assert newest is not None
        return {
            "newest_latent": newest.latent,
            "newest_vector": newest.vector,
            "keys": cache.keys,
            "values": cache.values,
            "poses": cache.poses,
            "pose": self._pose,
        }

    @torch.inference_mode()
    def _generate(self, action: Action, lap: Lap = lambda name: None) -> Download:
        """Go on by a frame; returns its bytes (1, h, w, 3)."""
        world, coming = self.world, None

        def look(latent: Tensor) -> Tensor:
            nonlocal coming
            coming, remembered = world.show(latent[0], lap)
            return remembered[None]

        sampler, vector = world.sampler, self._turn(action)
        timesteps = sampler.timesteps(self.steps, first=self.index == 0)
        drawing = vector, self._pose, sampler.kind, timesteps, self._draw, lap
        self._walk.step(*drawing, look=look, idle=action == IDLE)
        self.index += 1
        assert coming is not None
        return coming

    def _turn(self, action: Action) -> Tensor:
        """Move the camera and return the action's vector (1, 1, 11)."""
        return upload(torch.from_numpy(self._camera.turn(action))[None, None], self._device)

    def _draw(self) -> Tensor:
        return upload(torch.from_numpy(self._noise.draw((1, 1, *self.world.latent_shape))), self._device)


def _kind(dtype: torch.dtype) -> str:
    """Name of the type that numbers of `dtype` are kept as, outside torch."""
    return "uint16" if dtype == torch.bfloat16 else str(dtype).removeprefix("torch.")


def _as_array(tensor: Tensor) -> npt.NDArray[np.generic]:
    """Copy a tensor out of torch."""
    own = tensor.detach().to("cpu", copy=True).contiguous()
    return (own.view(torch.uint16) if own.dtype == torch.bfloat16 else own).numpy()


def _as_tensor(array: npt.NDArray[np.generic], like: Tensor) -> Tensor:
    """Copy what `_as_array` made back, on the CPU."""
    return torch.from_numpy(array.copy()).view(like.dtype)
