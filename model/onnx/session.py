"""A walk through a world as `model.session` makes it, computed by ONNX Runtime and known to numpy alone.

States are the same as those of a session in torch of float32: either goes on from the other's, up to rounding.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..actions import IDLE, Action
from ..camera import Camera
from ..runtimes.visible import visible
from ..sampler import sample
from ..session_base import SessionBase
from ..snapshot import Form, Snapshot
from ..stillness import NOTHING_NEW

if TYPE_CHECKING:
    from .world import OnnxWorld

Array = npt.NDArray[np.float32]


class OnnxSession(SessionBase):
    """Made by `OnnxWorld.start`."""

    def __init__(
        self,
        world: "OnnxWorld",
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
        self._memory = memory = world.memory()
        self._context = context = world.context(memory)
        self._two, self._one = (world.graphs[name].bind(**context.values) for name in ("two", "one"))
        self._decode, self._encode = (world.graphs[name].bind() for name in ("decode", "encode"))
        self.latent = np.zeros((1, *world.latent_shape), np.float32)
        """Newest frame that is remembered, as the generator knows it (1, c, h, w)."""
        self.drawn = self.latent
        """Newest frame as it was drawn (1, c, h, w), before anybody looked at it; nothing that a state holds."""
        self._vector, self._pose = self._camera.turn(Action()), self._camera.pose
        for k, (latent, action) in enumerate(zip(world.encode(frames), actions, strict=True)):
            if k:
                self._keep(self.latent, 0.0, self._vector, self._pose)
            self.latent = latent[None].copy()
            self._vector, self._pose = self._camera.turn(action), self._camera.pose

    @property
    def held(self) -> int:
        """Frames that the next one sees: the newest and those that the context holds, at most as many as it can."""
        return min(self._memory.count + 1, self.world.context_frames)

    def step(self, action: Action) -> npt.NDArray[np.uint8]:
        """Generate and return the next frame (h, w, 3) under `action`."""
        vector, pose, began = self._camera.turn(action), self._camera.pose, time.perf_counter()
        timings: dict[str, float] = {}

        def lap(name: str) -> None:
            nonlocal began
            began, before = time.perf_counter(), began
            timings[name] = (began - before) * 1000

        def predict(x: Array, t: float) -> Array:
            """The first evaluation of a frame also writes the newest; later ones see what was written."""
            v = self._alone(x, t) if timings else self._keep(x, t, vector, pose)
            lap(f"evaluate {len(timings) + 1}")
            return v

        mark = self._memory.mark() if action == IDLE else None
        sampler = self.world.sampler
        timesteps = sampler.timestep_list(self.steps, first=self.index == 0)
        drawn = sample(sampler.kind, timesteps, predict, lambda: self._noise.draw((1, *self.world.latent_shape)))
        self._decode.inputs["latents"][:] = self.drawn = drawn.latent
        self._decode.run()
        self.frame = self._decode.outputs["frames"][0].copy()
        lap("decode")
        seen = self._look(lap) if self.world.spec.looks else drawn.latent
        if mark is not None and float(np.square(seen - self.latent).mean()) < NOTHING_NEW:
            self._memory.back(mark)  # the newest stays what it was, and will be written again
        else:
            self.latent, self._vector, self._pose = seen, vector, pose
        self.index += 1
        self.timings = timings
        return self.frame

    def _look(self, lap: Callable[[str], None]) -> Array:
        """Latent of the newest picture."""
        self._encode.inputs["frames"][0] = self.frame
        self._encode.run()
        lap("encode")
        return self._encode.outputs["latents"].copy()

    def snapshot(self) -> Snapshot:
        """Return the whole state, to go back to later."""
        arrays = {name: array.copy() for name, array in self._arrays().items()}
        world, memory = self.world, self._memory
        return Snapshot(world.hash, world.dtype, self.seed, self.steps, self.index, memory.count, arrays)

    def _take_over(self, snapshot: Snapshot) -> None:
        theirs = snapshot.arrays
        self._memory.load(theirs["keys"], theirs["values"], theirs["poses"], snapshot.count)
        self._camera.pose = self._pose = theirs["pose"].copy()
        self.latent, self._vector = theirs["newest_latent"][0].copy(), theirs["newest_vector"][0, 0].copy()

    @property
    def _form(self) -> Form:
        world = self.world
        return Form(
            world=world.hash,
            kin=world.kin,
            dtype=world.dtype,
            sink=world.spec.sink,
            arrays={name: (array.shape, str(array.dtype)) for name, array in self._arrays().items()},
            allows=world.sampler.allows,
        )

    def _arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """All arrays of the state, of the shapes that a session in torch has them in."""
        memory = self._memory
        return {
            "newest_latent": self.latent[None],
            "newest_vector": self._vector[None, None],
            "keys": memory.keys,
            "values": memory.values,
            "poses": memory.poses,
            "pose": self._camera.pose,
            "noise": self._noise.state,
            "frame": self.frame,
        }

    def _keep(self, x: Array, t: float, vector: Array, pose: npt.NDArray[np.float64]) -> Array:
        """Write the newest frame, and evaluate the next, which is x at timestep t, under that action and pose."""
        memory, inputs, outputs = self._memory, self._two.inputs, self._two.outputs
        memory.prepare()
        rotations = memory.rotation(memory.count, self._pose), memory.rotation(memory.count + 1, pose)
        for name, parts in zip(("cos", "sin"), zip(*rotations, strict=True), strict=True):
            np.concatenate(parts, out=inputs[name])
            self._one.inputs[name][:] = parts[1]
        both, alone = visible(memory.count, slots=memory.slots, sink=self.world.spec.sink)
        inputs["seen"][:], self._one.inputs["seen"][:] = both, alone
        inputs["times"][:] = 0.0, t
        inputs["latents"][0], inputs["latents"][1] = self.latent[0], x[0]
        inputs["actions"][0], inputs["actions"][1] = self._vector, vector
        self._one.inputs["actions"][0] = vector
        self._context.refresh()
        self._two.run()
        turned = outputs["rotated_keys"], outputs["rotated_values"]
        memory.write(outputs["own_keys"], outputs["own_values"], self._pose, turned)
        velocity: Array = outputs["velocity"][0].copy()
        return velocity

    def _alone(self, x: Array, t: float) -> Array:
        """Evaluate the next frame again."""
        self._one.inputs["times"][:] = t
        self._one.inputs["latents"][:] = x
        self._context.refresh()
        self._one.run()
        velocity: Array = self._one.outputs["velocity"][0].copy()
        return velocity
