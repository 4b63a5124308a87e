"""A clip that grows while somebody plays."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from model.actions import IDLE, Action
from model.footage.clip import Details
from model.footage.gf_clip import append_annotation, clip_video, write_metadata

from .client import Frame, Surroundings
from .encoder import BackgroundEncoder
from .plan import CapturePlan


class Recording:
    """Frames with the actions that led to them; there as a clip once it is finished, not at all before."""

    def __init__(self, plan: CapturePlan, folder: Path, first: Frame, around: Surroundings) -> None:
        """Begin with the frame that is on the screen."""
        self.name = f"play_{datetime.now():%Y%m%d-%H%M%S-%f}"
        self._folder = folder
        self._actions: list[Action] = []
        self._positions: list[tuple[float, float, float]] = []
        with ExitStack() as stack:
            video = stack.enter_context(clip_video(folder, self.name, plan.size, plan.fps))
            self._encoder = stack.enter_context(BackgroundEncoder(video))
            self._stack = stack.pop_all()
        self.take(IDLE, first, around)

    def __len__(self) -> int:
        """Count of frames."""
        return len(self._actions)

    def take(self, action: Action, frame: Frame, around: Surroundings) -> None:
        """Append the frame that an action led to."""
        self._encoder.take(frame)
        self._actions.append(action)
        self._positions.append((around.x, around.y, around.z))

    def finish(self, details: Details, extra: dict[str, Any]) -> None:
        """Write the clip."""
        self._stack.close()
        actions = np.stack([action.vector() for action in self._actions])
        positions = np.array(self._positions)
        write_metadata(self._folder, self.name, actions, details=details, extra=extra, positions=positions)
        append_annotation(self._folder, self.name, details.prompts)
