"""The folder that is browsed: where edits are written and clips are deleted. Nothing else changes a file."""

from pathlib import Path

from model.footage.clip import Dataset
from model.footage.edits import Edits, write_edits

from .trash import Send, Trashed, move_to_trash, restore, system_trash


class Archive:
    """A dataset and the folder it lies in."""

    def __init__(self, root: Path, dataset: Dataset, send: Send = system_trash) -> None:
        """Write below `root`; `send` puts files into the system's trash."""
        self._root, self._dataset, self._send = root, dataset, send

    def save(self, edits: Edits) -> None:
        """Write the edits; raises RunError when they cannot be written."""
        write_edits(self._root, edits)

    def files(self, index: int) -> tuple[Path, ...]:
        """Files that go when clip `index` is deleted; none where that cannot be."""
        return self._dataset.files(index)

    def delete(self, index: int) -> Trashed:
        """Move a clip's files to the trash; raises DataError when they cannot be moved."""
        return move_to_trash(self._root, self.files(index), self._send)

    def restore(self, trashed: Trashed) -> None:
        """Bring a clip's files back; raises DataError when they cannot be moved."""
        restore(trashed)
