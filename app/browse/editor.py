"""Cuts, tags and deletions of a folder's clips: each is written at once, and can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from model.footage.edits import Edit, Edits

from .archive import Archive
from .trash import Trashed

_REMEMBERED = 1000


@dataclass(frozen=True)
class Change:
    """A clip was cut or tagged."""

    clip: int
    before: Edit


@dataclass(frozen=True)
class Deletion:
    """A clip was moved to the trash."""

    clip: int
    trashed: Trashed


class Editor:
    """The edits of the clips, and what was done to them in its order."""

    def __init__(self, names: Sequence[str], edits: Edits, archive: Archive) -> None:
        """Begin with `edits`; changes go to `archive`."""
        self._names, self._archive = tuple(names), archive
        self.edits = dict(edits)
        self._done: list[Change | Deletion] = []

    def edit_of(self, clip: int) -> Edit:
        """Cut and tags of a clip."""
        return self.edits.get(self._names[clip], Edit())

    def change(self, clip: int, edit: Edit) -> bool:
        """Give a clip another cut or other tags; returns whether they are other ones.

        Raises:
            RunError: when they cannot be written; then they stay as they were.
        """
        before = self.edit_of(clip)
        if edit == before:
            return False
        self._write(clip, edit)
        self._note(Change(clip, before))
        return True

    def deletable(self, clip: int) -> int:
        """Files that go when a clip is deleted; 0 where it cannot be."""
        return len(self._archive.files(clip))

    def delete(self, clip: int) -> Trashed:
        """Move a clip to the trash; raises DataError when it cannot be moved."""
        trashed = self._archive.delete(clip)
        if trashed.restorable:
            self._note(Deletion(clip, trashed))
        return trashed

    def undo(self) -> Change | Deletion | None:
        """Take the newest change back and return it; None when there is none.

        Raises:
            ArvdError: when it cannot be taken back.
        """
        if not self._done:
            return None
        last = self._done[-1]
        if isinstance(last, Deletion):
            self._archive.restore(last.trashed)
        else:
            self._write(last.clip, last.before)
        self._done.pop()
        return last

    def _write(self, clip: int, edit: Edit) -> None:
        edits = self.edits | {self._names[clip]: edit}
        self._archive.save(edits)
        self.edits = edits

    def _note(self, change: Change | Deletion) -> None:
        self._done = [*self._done[-_REMEMBERED:], change]
