"""Footage that is read again and again, decoded once."""

from dataclasses import dataclass, field

from model.footage.clip import Clip
from model.footage.view import DatasetView


@dataclass(frozen=True)
class RememberedDataset(DatasetView):
    """A dataset that keeps every clip it has read in memory: for a few clips of small pictures."""

    _clips: dict[int, Clip] = field(default_factory=dict)

    def read(self, index: int) -> Clip:
        """One clip, whole."""
        if index not in self._clips:
            self._clips[index] = self.source.read(index)
        return self._clips[index]
