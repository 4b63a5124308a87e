"""Footage that is read again and again, decoded once."""

from dataclasses import dataclass, field

from .clip import Clip
from .view import DatasetView


@dataclass(frozen=True)
class RememberedDataset(DatasetView):
    """A dataset that keeps every clip it has read in memory: for a few clips of small pictures."""

    _clips: dict[int, Clip] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self.source.size

    def read(self, index: int) -> Clip:
        """One clip, whole."""
        if index not in self._clips:
            self._clips[index] = self.source.read(index)
        return self._clips[index]

    def digest(self, index: int) -> str:
        """Content hash of one clip."""
        return self.source.digest(index)
