"""The generator as the player sees it: what it calls on a world and a session, and how it gets one."""

import shutil
from collections.abc import Collection, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from model.actions import Action
from model.errors import WorldError
from model.machine import Machine
from model.runtimes.names import GPU_RUNTIMES, ONNX_RUNTIMES, RUNTIMES
from model.world_spec import Scene, world_hash

Pixels = npt.NDArray[np.uint8]
"""One picture, bytes (height, width, 3)."""


class Snapshot(Protocol):
    """State of a session at one moment, in memory."""

    @property
    def nbytes(self) -> int:
        """Memory it takes."""


class Session(Protocol):
    """A walk through a world: one frame per step."""

    @property
    def frame(self) -> Pixels:
        """Newest frame; the scene's picture before the first step."""

    @property
    def index(self) -> int:
        """Frames generated so far."""

    @property
    def seed(self) -> int:
        """Of all noise."""

    @property
    def pitch(self) -> float:
        """Of the camera at the newest frame, in degrees, + = down."""

    @property
    def held(self) -> int:
        """Frames that the generator sees when it makes the next one, at most as many as its context holds."""

    steps: int
    """Network evaluations per frame."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Milliseconds per stage of the newest step."""

    def step(self, action: Action) -> Pixels:
        """Generate the next frame; a new array, never written to again."""

    def snapshot(self) -> Any:
        """Return the whole state as a `Snapshot`, for `restore` of a session of the same world."""

    def restore(self, snapshot: Any, *, exact: bool = True) -> bool:
        """Go back to a state; returns whether it is of this precision and length of memory, so that very state.

        Unless it has to be `exact`, it may be of others, and the walk goes on near to what it would have been there.

        Raises:
            StateError: one that does not fit; nothing has changed.
        """

    def save(self) -> bytes:
        """Return the whole state."""

    def load(self, state: bytes, *, exact: bool = True) -> bool:
        """Go on from a saved state, as `restore` does; raises StateError also for a damaged one."""


class World(Protocol):
    """A loaded world."""

    @property
    def device(self) -> str:
        """Where it runs."""

    @property
    def runtime(self) -> str:
        """What runs it."""

    @property
    def hash(self) -> str:
        """Identifies its weights and configuration."""

    @property
    def kin(self) -> Collection[str]:
        """What identifies it with memories of any length."""

    @property
    def machine(self) -> Machine:
        """Class of this machine as far as it decides about its frames."""

    @property
    def default_steps(self) -> int:
        """Evaluations per frame unless somebody chooses."""

    @property
    def allowed_steps(self) -> Sequence[int]:
        """What can be chosen, fewest first."""

    @property
    def context_frames(self) -> int:
        """Frames that the generator sees of the past."""

    @property
    def scenes(self) -> Sequence[Scene]:
        """Where it can be begun; the first if nobody chooses."""

    def start(
        self,
        scene: str | None = None,
        *,
        seed: int = 0,
        steps: int | None = None,
        clip: tuple[Pixels, Sequence[Action]] | None = None,
        pitch: float = 0.0,
    ) -> Session:
        """Begin a session at a scene, or from frames (t, h, w, 3) and t actions, the camera at `pitch` before them."""


class Choice(Protocol):
    """A world, and what is to run it where: part of every checked command line."""

    @property
    def world(self) -> Path:
        """Its folder."""

    @property
    def device(self) -> str:
        """Such as `auto`."""

    @property
    def runtime(self) -> str:
        """Such as `auto`."""

    @property
    def threads(self) -> int | None:
        """To compute with, as `model.machine.use_threads` counts; None for as many as pay."""

    @property
    def window(self) -> int | None:
        """Frames that it remembers; None for all that it was made for."""

    @property
    def pace(self) -> float | None:
        """Frames a second that are enough, None for as many as can be."""


def open_world(options: Choice) -> World:
    """Load the world that the options name, for the thread that calls; ONNX Runtime's worlds without torch.

    Raises:
        ArvdError: a damaged world, or a device or runtime that this machine lacks.
    """
    from model.opening import open_world

    return cast(
        World,
        open_world(
            str(options.world),
            device=options.device,
            runtime=options.runtime,
            threads=options.threads,
            pace=options.pace,
            window=options.window,
        ),
    )


def runtimes_here() -> tuple[str, ...]:
    """Names of what may compute worlds on this machine, as far as can be told at once."""
    found: list[str] = []
    if find_spec("torch") is not None:
        gpu = shutil.which("nvidia-smi") is not None
        found += [name for name in RUNTIMES if gpu or name not in GPU_RUNTIMES]
    if find_spec("onnxruntime") is not None:
        found += ONNX_RUNTIMES
    return tuple(found)


def settle_threads(world: World, options: Choice) -> None:
    """Let the thread that calls compute a world with as many threads as the options say, or as were found to pay."""
    from model.runtimes.tuned import settle_threads

    settle_threads(world.hash, world.runtime, asked=options.threads, pace=options.pace)


def can_be_fitted(world: World) -> bool:
    """Whether something faster may be found for a world on this machine: it was not looked for, and there are means."""
    if world.runtime.partition(" ")[0] in ONNX_RUNTIMES:
        return False
    from model.runtimes.packages import has_compiler
    from model.runtimes.tuned import tuning_of

    return world.device == "cpu" and has_compiler() and tuning_of(world.hash) is None


def has_to_be_made(options: Choice) -> bool:
    """Whether opening a world first makes what computes it, which takes a minute; what was made before is kept."""
    runtime = options.runtime
    if find_spec("torch") is None or (runtime not in ONNX_RUNTIMES and not runtime.startswith("compiled")):
        return False
    if runtime in ONNX_RUNTIMES:
        from model.onnx.files import find_export

        try:
            known = world_hash(options.world)
            return options.window is None and find_export(options.world, known, runtime) is None
        except WorldError:
            return False  # a damaged one is no reason to make another
    from model.runtime import choose_runtime
    from model.runtimes.packages import are_made, has_compiler, packages_folder

    dtype = choose_runtime("cpu", runtime).dtype
    return has_compiler() and not are_made(packages_folder(world_hash(options.world, options.window), dtype))
