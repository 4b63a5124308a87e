"""What every dataset that shows another one in its own way passes on as it is."""

from dataclasses import dataclass

from .clip import Actions, Dataset


@dataclass(frozen=True)
class DatasetView:
    """Names, rate, counts and actions of `source`; frames, sizes and digests are for each kind to say."""

    source: Dataset

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

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; no video is decoded."""
        return self.source.actions(index)
