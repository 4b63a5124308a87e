"""Some clips of a dataset."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .clip import Actions, Details, Frames, Known
from .view import DatasetView


@dataclass(frozen=True)
class Subset(DatasetView):
    """The clips of `source` at `indices`, in that order."""

    indices: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the chosen clips."""
        return tuple(self.source.names[index] for index in self.indices)

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each chosen clip."""
        return tuple(self.source.frame_counts[index] for index in self.indices)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; no video is decoded."""
        return self.source.actions(self.indices[index])

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded."""
        return self.source.known(self.indices[index])

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees."""
        return self.source.pitch(self.indices[index])

    def details(self, index: int) -> Details:
        """What else is known of one clip."""
        return self.source.details(self.indices[index])

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time."""
        return self.source.chunks(self.indices[index])

    def digest(self, index: int) -> str:
        """Content hash of one clip."""
        return self.source.digest(self.indices[index])

    def video(self, index: int) -> Path | None:
        """File that holds exactly the frames of one clip, if there is one."""
        return self.source.video(self.indices[index])

    def files(self, index: int) -> tuple[Path, ...]:
        """Files that are one clip's own."""
        return self.source.files(self.indices[index])
