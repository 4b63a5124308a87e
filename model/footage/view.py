"""What every dataset that shows another one in its own way passes on as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .clip import Actions, Dataset, Details, Frames, Known


@dataclass(frozen=True)
class DatasetView(Dataset):
    """`source` as it is; a view that changes frames also says so in `digest`, and has no `video` of its own."""

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

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self.source.size

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; no video is decoded."""
        return self.source.actions(index)

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded."""
        return self.source.known(index)

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees."""
        return self.source.pitch(index)

    def details(self, index: int) -> Details:
        """What else is known of one clip."""
        return self.source.details(index)

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time."""
        return self.source.chunks(index)

    def digest(self, index: int) -> str:
        """Content hash of one clip."""
        return self.source.digest(index)

    def video(self, index: int) -> Path | None:
        """File that holds exactly the frames of one clip, if there is one."""
        return self.source.video(index)

    def files(self, index: int) -> tuple[Path, ...]:
        """Files that are one clip's own."""
        return self.source.files(index)
