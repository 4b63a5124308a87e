"""A world as its folder has it, whatever computes it: sampler, scenes, and how a session can begin. Without torch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .actions import Action
from .config import plain
from .errors import WorldError
from .pictures import fit_picture, read_picture
from .sampler import SamplerConfig
from .world_spec import Scene, WorldSpec, build_part, is_file, kin_of, read_scenes, world_hash

Frame = npt.NDArray[np.uint8]
"""(h, w, 3), RGB."""
Clip = tuple[Frame, Sequence[Action]]
"""Frames (t, h, w, 3) and t actions."""


class WorldFolder:
    """Base of loaded worlds."""

    def __init__(self, folder: Path, spec: WorldSpec, window: int | None = None) -> None:
        """Read what stands beside the weights; `window` frames are remembered, all it was made for if left out.

        Raises:
            WorldError: a sampler or a scene that is none, or more frames than the world was made for.
        """
        if window is not None and not 1 <= window <= spec.window:
            raise WorldError(f"world {spec.name!r} can remember 1 to {spec.window} frames, not {window}")
        window = None if window == spec.window else window
        self.folder, self.spec = folder, spec if window is None else replace(spec, window=window)
        self.scenes: tuple[Scene, ...] = read_scenes(folder)
        self.hash = world_hash(folder, window)
        """Identifies the world."""
        self.kin = kin_of(folder, spec)
        """What identifies it with memories of any length."""
        self.sampler = build_part(SamplerConfig, plain(spec.sampler), folder, "sampler")

    @property
    def default_steps(self) -> int:
        """Evaluations per frame unless somebody chooses."""
        return self.sampler.default_steps

    @property
    def allowed_steps(self) -> tuple[int, ...]:
        """Numbers of evaluations that the world was made for, fewest first."""
        return tuple(sorted({*map(int, self.sampler.steps), self.sampler.default_steps}))

    @property
    def context_frames(self) -> int:
        """Frames that the generator sees of the past."""
        return self.spec.sink + self.spec.window

    def picture(self, scene: str | None) -> Frame:
        """Start picture (h, w, 3) of a scene's name or of an image file, cropped and scaled to the world's frame."""
        known = {entry.name: entry.picture for entry in self.scenes}
        path = self.scenes[0].picture if scene is None else known.get(scene, Path(scene))
        if not is_file(path):
            if scene is None or scene in known:
                raise WorldError(f"{path}: the picture of this scene is missing; install the world again")
            names, asked = ", ".join(known), scene[-200:]
            raise WorldError(f"unknown scene {asked!r}; scenes of {self.spec.name!r}: {names}; or give a picture file")
        size = self.spec.height, self.spec.width
        return fit_picture(read_picture(path, *size), *size)

    def checked_steps(self, steps: int | None) -> int:
        """Return the evaluations per frame that a session begins with; WorldError for what cannot be chosen."""
        steps = self.default_steps if steps is None else steps
        if not self.sampler.allows(steps):
            known = ", ".join(sorted(self.sampler.steps, key=int))
            raise WorldError(f"world {self.spec.name!r} cannot draw a frame in {steps} steps; use one of {known}")
        return steps

    def beginning(self, scene: str | None, clip: Clip | None) -> tuple[Frame, list[Action]]:
        """Return the frames (t, h, w, 3) that a session begins with, of a scene or of footage, and their t actions."""
        if clip is None:
            return self.picture(scene)[None], [Action()]
        frames, actions = clip
        if frames.shape != (len(actions), self.spec.height, self.spec.width, 3) or not len(actions):
            raise WorldError(
                f"a clip needs frames (t, {self.spec.height}, {self.spec.width}, 3) and t actions, "
                f"got {frames.shape} and {len(actions)}"
            )
        return frames, list(actions)
