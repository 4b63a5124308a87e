"""A clip: frames and the actions between them, the one form in which footage is handed on."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ..actions import ACTION_SIZE
from ..errors import DataError

Frames = npt.NDArray[np.uint8]
"""(t, h, w, 3), RGB, 0..255."""
Actions = npt.NDArray[np.float32]
"""(t, 11), action vectors; row k turned frame k-1 into frame k, row 0 is neutral."""
Known = npt.NDArray[np.bool_]
"""(11,), which entries of the action vectors were recorded; the others are 0 and say nothing."""


def everything_known() -> Known:
    """Return the mask of footage that records every key and the camera."""
    return np.ones(ACTION_SIZE, np.bool_)


@dataclass(frozen=True)
class Clip:
    """Frames with one action each; `actions[t]` is what turned frame t-1 into frame t."""

    name: str
    frames: Frames
    actions: Actions
    known: Known = field(default_factory=everything_known)

    def __post_init__(self) -> None:
        """Refuse frames and actions that do not pair up."""
        if len(self.frames) != len(self.actions):
            raise DataError(
                f"{self.name}: {len(self.frames)} frames, {len(self.actions)} actions; export the clip again"
            )

    def __len__(self) -> int:
        """Count of frames."""
        return len(self.actions)


@dataclass(frozen=True)
class Prompt:
    """What a part of a clip shows, in words."""

    start: int
    """First frame it speaks of."""
    end: int
    """Frame after the last one."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Details:
    """What is known of a clip besides frames and actions; empty where nobody said."""

    biome: str = ""
    weather: str = ""
    time: str = ""
    """Time of day."""
    prompts: tuple[Prompt, ...] = ()
    tags: tuple[str, ...] = ()

    def prompt(self, start: int, end: int) -> str:
        """Text of the part of the clip that shares most frames with [start, end); empty where none does."""
        shared = [(min(end, prompt.end) - max(start, prompt.start), prompt.text) for prompt in self.prompts]
        most = max(shared, default=(0, ""), key=lambda entry: entry[0])
        return most[1] if most[0] > 0 else ""


class Dataset(Protocol):
    """Footage that can be read clip by clip; a reader of a format derives from it and says what it knows better."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in a fixed order; no two are equal."""

    @property
    @abstractmethod
    def fps(self) -> float:
        """Frames per second of every clip."""

    @property
    @abstractmethod
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""

    @abstractmethod
    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip, without decoding it."""

    @abstractmethod
    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time, in order: memory stays small however long the clip is.

        Raises:
            DataError: when there are more or fewer frames than actions, at the latest after the last chunk.
        """

    @abstractmethod
    def digest(self, index: int) -> str:
        """Content hash of one clip, to key caches by."""

    def known(self, index: int) -> Known:
        """Which entries (11,) of the action vectors of one clip were recorded."""
        del index
        return everything_known()

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees, + = down; 0, level, where nobody said."""
        del index
        return 0.0

    def details(self, index: int) -> Details:
        """What else is known of one clip."""
        del index
        return Details()

    def video(self, index: int) -> Path | None:
        """File that holds exactly the frames of one clip, so that a copy needs no second encoding; None without."""
        del index
        return None

    def files(self, index: int) -> tuple[Path, ...]:
        """Files and folders that are one clip's own; what announces the clip stands first.

        Empty where a clip cannot be taken out by moving files away.
        """
        del index
        return ()

    def read(self, index: int) -> Clip:
        """Decode one clip, whole."""
        frames = np.concatenate(list(self.chunks(index)))
        return Clip(self.names[index], frames, self.actions(index), self.known(index))
