"""What a person cut and tagged: one side file at the dataset's root, applied whenever the dataset is read.

The videos stay as they are, so every cut can be taken back. The file in full:

    format = 1

    [clips."a clip's name"]
    first = 12                    # first frame that is kept; left out: from the start
    last = 400                    # last frame that is kept; left out: to the end
    tags = ["forest", "good"]

A `last` before `first` keeps nothing: the clip is left out. Clips that are not there (any more) may be named.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import tomli_w

from ..config import ConfigError, build, plain
from ..errors import DataError
from ..files import write_atomically
from .clip import Actions, Dataset, Details, Frames, Known, Prompt
from .pitch import pitch_after
from .untrusted import inside, read_toml
from .view import DatasetView

EDITS = "arvd-edits.toml"
FORMAT = 1
MAX_TAG = 64
"""Characters of the longest tag."""
_MAX_BYTES = 4 << 20  # 50,000 clips need less
_MAX_FRAME = 1 << 31


@dataclass(frozen=True, kw_only=True)
class Edit:
    """What is kept of a clip, and its tags."""

    first: int | None = None
    """First frame that is kept; None: from the start."""
    last: int | None = None
    """Last frame that is kept; None: to the end."""
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, frame in (("first", self.first), ("last", self.last)):
            if frame is not None and not 0 <= frame <= _MAX_FRAME:
                raise ValueError(f"{name} is {frame}; frames count from 0 to {_MAX_FRAME:,}")
        for tag in self.tags:
            if not 0 < len(tag) <= MAX_TAG or not tag.isprintable() or tag != tag.strip():
                raise ValueError(f"tag {tag[:80]!r} is not 1 to {MAX_TAG} visible characters")
        if len(set(self.tags)) != len(self.tags):
            raise ValueError("a tag stands twice in tags")

    def kept(self, frames: int) -> range:
        """Frames that are kept of a clip of so many."""
        first = 0 if self.first is None else self.first
        stop = frames if self.last is None else min(frames, self.last + 1)
        return range(first, max(first, stop))


Edits = Mapping[str, Edit]
"""Clips by name; one that is not named is whole and has no tags."""


@dataclass(frozen=True, kw_only=True)
class _File:
    format: int
    clips: dict[str, Edit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise ValueError(f"format is {self.format}, this arvd reads {FORMAT}; update arvd")


def read_edits(root: Path) -> dict[str, Edit]:
    """Read the edits of the dataset in `root`; none where there is no file.

    Raises:
        DataError: naming the file and the key that cannot be used.
    """
    path = inside(root, root / EDITS)
    if not path.exists():
        return {}
    try:
        return build(_File, read_toml(path, _MAX_BYTES)).clips
    except ConfigError as error:
        raise DataError(f"{path}: {error}; mend or remove the entry") from None


def write_edits(root: Path, edits: Edits) -> None:
    """Write the edits of the dataset in `root`, whole or not at all; entries that say nothing are left out.

    Raises:
        RunError: when the folder cannot be written to.
    """
    said = {name: edit for name, edit in sorted(edits.items()) if edit != Edit()}
    tables = {name: _sparse(edit) for name, edit in said.items()}
    write_atomically(root / EDITS, tomli_w.dumps({"format": FORMAT, "clips": tables}).encode())


def _sparse(edit: Edit) -> dict[str, object]:
    return {key: value for key, value in plain(edit).items() if value != []}


def check_edits(dataset: Dataset, edits: Edits) -> None:
    """Compare edits with the clips they speak of; raises DataError naming a mark behind the end of its clip."""
    for name, frames in zip(dataset.names, dataset.frame_counts, strict=True):
        edit = edits.get(name, Edit())
        for key, frame in (("first", edit.first), ("last", edit.last)):
            if frame is not None and frame >= frames:
                raise DataError(
                    f'{EDITS}: {key} of clip "{name}" is {frame}, but the clip has {frames} frames; mend the entry'
                )


@dataclass(frozen=True)
class EditedDataset(DatasetView):
    """`source` as cut and tagged by `edits`; clips of which nothing is kept are left out."""

    edits: Edits

    def __post_init__(self) -> None:
        check_edits(self.source, self.edits)
        if not self._clips:
            raise DataError(f"{EDITS}: keeps no frame of any clip; take back some of the cuts")

    @cached_property
    def _clips(self) -> tuple[tuple[int, range, Edit], ...]:
        """Of each clip that is left: its index in the source, the frames that are kept, its edit."""
        edits = [self.edits.get(name, Edit()) for name in self.source.names]
        kept = [edit.kept(frames) for edit, frames in zip(edits, self.source.frame_counts, strict=True)]
        return tuple(
            (index, frames, edit) for index, (frames, edit) in enumerate(zip(kept, edits, strict=True)) if frames
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips that are left."""
        return tuple(self.source.names[index] for index, _, _ in self._clips)

    @property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames that are kept of each clip."""
        return tuple(len(kept) for _, kept, _ in self._clips)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of the frames that are kept; what led to the first of them is cut off."""
        source, kept, _ = self._clips[index]
        actions = self.source.actions(source)
        if not self._is_cut(index):
            return actions
        cut = actions[kept.start : kept.stop].copy()
        cut[0] = 0
        return cut

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded."""
        return self.source.known(self._clips[index][0])

    def pitch(self, index: int) -> float:
        """Pitch of the camera in the first frame that is kept, in degrees."""
        source, kept, _ = self._clips[index]
        begun = self.source.pitch(source)
        return pitch_after(begun, self.source.actions(source)[: kept.start + 1]) if self._is_cut(index) else begun

    def details(self, index: int) -> Details:
        """What else is known of one clip: prompts speak of the frames that are kept, tags are added."""
        source, kept, edit = self._clips[index]
        details = self.source.details(source)
        prompts = tuple(
            Prompt(max(prompt.start, kept.start) - kept.start, min(prompt.end, kept.stop) - kept.start, prompt.text)
            for prompt in details.prompts
            if prompt.start < kept.stop and prompt.end > kept.start
        )
        added = tuple(tag for tag in edit.tags if tag not in details.tags)
        return replace(details, prompts=prompts, tags=details.tags + added)

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode the frames that are kept, a few at a time.

        The rest is decoded as well: only so is it known that frames and actions pair up.
        """
        source, kept, _ = self._clips[index]
        at = 0
        for frames in self.source.chunks(source):
            start, stop = max(0, kept.start - at), min(len(frames), kept.stop - at)
            if start < stop:
                yield frames[start:stop]
            at += len(frames)

    def digest(self, index: int) -> str:
        """Content hash of what is kept of one clip."""
        source, kept, _ = self._clips[index]
        whole = self.source.digest(source)
        if not self._is_cut(index):
            return whole
        return hashlib.sha256(f"{whole} {kept.start} {kept.stop}".encode()).hexdigest()

    def video(self, index: int) -> Path | None:
        """File that holds exactly the frames of one clip; none for a clip that is cut."""
        return None if self._is_cut(index) else self.source.video(self._clips[index][0])

    def files(self, index: int) -> tuple[Path, ...]:
        """Files that one clip is made of, what is cut off included."""
        return self.source.files(self._clips[index][0])

    def _is_cut(self, index: int) -> bool:
        source, kept, _ = self._clips[index]
        return len(kept) != self.source.frame_counts[source]
