"""Reader of the GF-Minecraft layout (GameFactory, arXiv:2501.08325): `metadata/` beside `video/`, or flat.

Entry k of a clip's `actions` belongs to frame k and turned frame k-1 into it, which is arvd's own alignment.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..errors import DataError
from .clip import Actions, Dataset, Details, Frames, Known
from .gf_annotations import ANNOTATIONS, Annotations, read_annotations
from .gf_detection import Detection, Flags, detect, effective
from .gf_layout import ClipFiles, find_clips
from .gf_records import Records, parse_positions, parse_records
from .untrusted import inside, read_json
from .video import VideoHead, decode_chunks, read_head

_HASHED_AT_ONCE = 1 << 20  # bytes


@dataclass(frozen=True, eq=False)
class Entry:
    """What the metadata of one clip says."""

    files: ClipFiles
    records: Records
    idle_jumps: Flags | None
    """(t,), presses of jump that are dropped; None where there are none."""

    @property
    def actions(self) -> Actions:
        """Action vectors (t, 11)."""
        actions = self.records.actions
        return actions if self.idle_jumps is None else effective(actions, self.idle_jumps)


class GFMinecraft(Dataset):
    """A folder of clips in GF-Minecraft layout: two folders, flat, or several such splits below one root.

    The metadata is read and checked once, on opening, and held in 10 bytes a frame.
    """

    def __init__(self, root: Path, names: Collection[str] | None = None, *, effective_jumps: bool = False) -> None:
        """Index the clips under `root`, or only those of `names`; raises DataError naming the first fault.

        With `effective_jumps` a press of jump that did nothing is dropped, as GameFactory does for training (not
        from clips that arvd wrote, nor from those that hold no positions); without, actions are those of the files.
        """
        self.root = root
        chosen = [files for files in find_clips(root) if names is None or files.name in names]
        if not chosen:
            raise DataError(f"{root}: holds none of the clips asked for; ask for clips that are there")
        for files in chosen:
            if not files.video.is_file():
                json_name = files.metadata.name
                raise DataError(f"{files.video}: the video is missing; restore it or remove {json_name}")
        self._entries = [read_entry(files, effective_jumps) for files in chosen]
        heads = [read_head(entry.files.video) for entry in self._entries]
        first = heads[0]
        for entry, head in zip(self._entries, heads, strict=True):
            if (head.height, head.width, head.fps) != (first.height, first.width, first.fps):
                raise DataError(
                    f"{entry.files.video}: is {_shape(head)}, other clips are {_shape(first)}; keep one size and rate"
                )
            if head.frames and head.frames != len(entry.records):
                raise _count_error(entry, head.frames)
        self._head = first
        self._annotations: dict[Path, Annotations] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, sorted."""
        return tuple(entry.files.name for entry in self._entries)

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self._head.fps

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self._head.height, self._head.width

    @cached_property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(len(entry.records) for entry in self._entries)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip."""
        return self._entries[index].actions

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded."""
        return self._entries[index].records.known

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees, as its first record says."""
        return self._entries[index].records.pitch

    def details(self, index: int) -> Details:
        """Biome, weather and time at the start of one clip, its tags, and its prompts.

        Raises:
            DataError: when there is an `annotation.csv` that cannot be read.
        """
        entry = self._entries[index]
        details = entry.records.details
        if details.prompts:
            return details
        split = entry.files.split
        if split not in self._annotations:
            path = inside(self.root, split / ANNOTATIONS)
            self._annotations[split] = read_annotations(path) if path.is_file() else Annotations({})
        return replace(details, prompts=self._annotations[split].prompts(entry.files.metadata.stem))

    def detection(self, index: int) -> Detection | None:
        """Displacement, collisions and invalid jumps of one clip, from its metadata; None if it holds no positions."""
        entry = self._entries[index]
        path = entry.files.metadata
        positions = parse_positions(read_json(path), path)
        return None if positions is None else detect(entry.records.actions, positions)

    def chunks(self, index: int) -> Iterator[Frames]:
        """Decode one clip a few frames at a time; raises DataError when the video does not match its actions."""
        entry = self._entries[index]
        expected = len(entry.records)
        count = 0
        for frames in decode_chunks(entry.files.video, expected):
            count += len(frames)
            yield frames
        if count != expected:
            raise _count_error(entry, count)

    def video(self, index: int) -> Path:
        """The clip's own video."""
        return self._entries[index].files.video

    def files(self, index: int) -> tuple[Path, ...]:
        """The clip's metadata and video."""
        files = self._entries[index].files
        return files.metadata, files.video

    def digest(self, index: int) -> str:
        """SHA-256 over the clip's video and metadata, and over what was dropped of its actions."""
        entry = self._entries[index]
        sha = hashlib.sha256()
        for path in (entry.files.video, entry.files.metadata):
            with path.open("rb") as file:
                while data := file.read(_HASHED_AT_ONCE):
                    sha.update(data)
        if entry.idle_jumps is not None:
            sha.update(entry.idle_jumps.tobytes())
        return sha.hexdigest()


def read_entry(files: ClipFiles, effective_jumps: bool) -> Entry:
    """Read and check the metadata of one clip, whose video need not be there; raises DataError."""
    document = read_json(files.metadata)
    records = parse_records(document, files.metadata)
    idle_jumps = None
    if effective_jumps and records.original:
        positions = parse_positions(document, files.metadata)
        invalid = None if positions is None else detect(records.actions, positions).jump_invalid
        idle_jumps = invalid if invalid is not None and invalid.any() else None
    return Entry(files, records, idle_jumps)


def _count_error(entry: Entry, frames: int) -> DataError:
    return DataError(
        f"{entry.files.name}: the video has {frames} frames but the metadata {len(entry.records)} actions; "
        "export the clip again or remove it"
    )


def _shape(head: VideoHead) -> str:
    return f"{head.width}x{head.height} at {head.fps:g} frames/s"
