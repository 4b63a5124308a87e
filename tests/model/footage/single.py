"""A dataset that lies in memory, to be shown in other ways."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from model.actions import ACTION_SIZE
from model.footage.clip import Actions, Clip, Dataset, Details, Frames


@dataclass(frozen=True)
class Single(Dataset):
    """One clip, handed out seven frames at a time."""

    clip: Clip
    told: Details = field(default_factory=Details)
    path: Path | None = None
    begun: float = 0.0
    """Pitch as the clip begins."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.clip.name,)

    @property
    def fps(self) -> float:
        return 16.0

    @property
    def frame_counts(self) -> tuple[int, ...]:
        return (len(self.clip),)

    @property
    def size(self) -> tuple[int, int]:
        return self.clip.frames.shape[1], self.clip.frames.shape[2]

    def actions(self, index: int) -> Actions:
        return self.clip.actions

    def chunks(self, index: int) -> Iterator[Frames]:
        for start in range(0, len(self.clip), 7):
            yield self.clip.frames[start : start + 7]

    def digest(self, index: int) -> str:
        return "d" * 64

    def pitch(self, index: int) -> float:
        return self.begun

    def details(self, index: int) -> Details:
        return self.told

    def video(self, index: int) -> Path | None:
        return self.path

    def files(self, index: int) -> tuple[Path, ...]:
        return () if self.path is None else (self.path,)


def looking(pitch: float) -> Single:
    """A clip that begins with that pitch and looks up by 3 degrees a frame."""
    actions = np.zeros((12, ACTION_SIZE), np.float32)
    actions[1:, -2] = -0.2
    return Single(Clip("walk", np.full((12, 32, 48, 3), 90, np.uint8), actions), begun=pitch)
