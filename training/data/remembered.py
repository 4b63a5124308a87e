"""Footage that is read again and again, decoded once."""

from dataclasses import dataclass, field

from .clip import Actions, Clip, Dataset


@dataclass(frozen=True)
class RememberedDataset:
    """A dataset that keeps every clip it has read in memory: for a few clips of small pictures."""

    source: Dataset
    _clips: dict[int, Clip] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in the source's order."""
        return self.source.names

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self.source.fps

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return self.source.frame_counts

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self.source.size

    def actions(self, index: int) -> Actions:
        """Actions of one clip; no video is decoded."""
        return self.source.actions(index)

    def read(self, index: int) -> Clip:
        """One clip, whole."""
        if index not in self._clips:
            self._clips[index] = self.source.read(index)
        return self._clips[index]

    def digest(self, index: int) -> str:
        """Content hash of one clip."""
        return self.source.digest(index)
