"""The generator as the player sees it: what it calls on a world and a session, and how it gets one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, cast

import numpy as np
import numpy.typing as npt

from model.actions import Action

if TYPE_CHECKING:
    from .options import Options

Pixels = npt.NDArray[np.uint8]
"""One picture, bytes (height, width, 3)."""


class Session(Protocol):
    """A walk through a world: one frame per step."""

    @property
    def frame(self) -> Pixels:
        """Newest frame; the scene's picture before the first step."""

    @property
    def index(self) -> int:
        """Frames generated so far."""

    @property
    def steps(self) -> int:
        """Network evaluations per frame."""

    @property
    def timings(self) -> Mapping[str, float]:
        """Milliseconds per stage of the newest step."""

    def step(self, action: Action) -> Pixels:
        """Generate the next frame."""


class World(Protocol):
    """A loaded world."""

    @property
    def device(self) -> str:
        """Where it runs."""

    @property
    def runtime(self) -> str:
        """What runs it."""

    def start(self, scene: str | None = None, *, seed: int = 0, steps: int | None = None) -> Session:
        """Begin a session at a scene."""


def open_world(options: "Options") -> World:
    """Load the world that the options name; this imports torch.

    Raises:
        ArvdError: a damaged world, or a device or runtime that this machine lacks.
    """
    from model.world import load_world

    return cast(World, load_world(str(options.world), device=options.device, runtime=options.runtime))
