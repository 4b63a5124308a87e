"""Footage in GF-Minecraft layout in a dataset repository of the hub, read clip by clip: nothing else is downloaded."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from model.errors import DataError
from model.footage.clip import Actions, Dataset, Details, Frames, Known
from model.footage.gf_annotations import ANNOTATIONS, Annotations, read_annotations
from model.footage.gf_layout import ClipFiles
from model.footage.gf_minecraft import Entry, read_entry
from model.footage.untrusted import MAX_JSON_BYTES, plain_name
from model.footage.video import VideoHead, read_head

from .checked_video import decode_checked
from .file_cache import FileCache
from .store import Store, StoredFile
from .webdataset_index import MAX_VIDEO_BYTES

_METADATA = ("metadata", "metadata-detection")
_AT_ONCE = 8  # files of metadata that are fetched at the same time


@dataclass(frozen=True)
class _RemoteClip:
    """Names of a clip's files in the store."""

    name: str
    metadata: PurePosixPath
    video: PurePosixPath
    split: PurePosixPath


class HubFootage(Dataset):
    """Clips of a store in GF-Minecraft layout; what is asked for is fetched into a cache of bounded size.

    Opening fetches only the list of files. `frame_counts` fetches the metadata of all clips, `fps` and `size` the
    first video; that all have the same is seen when they are decoded.
    """

    def __init__(self, store: Store, cache: FileCache | None = None, *, effective_jumps: bool = False) -> None:
        """List the clips; `effective_jumps` as in `GFMinecraft`.

        Raises:
            DataError: when there are none, or a name is none that a clip can have.
        """
        self._store, self._cache, self._effective_jumps = store, cache or FileCache(), effective_jumps
        self._files = store.files()
        self._clips = _find(self._files, store.address)
        if not self._clips:
            raise DataError(
                f"{store.address}: holds no clips; expected metadata/*.json and video/*.mp4, both in one folder, "
                "or tar shards"
            )
        self._entries: dict[int, Entry] = {}
        self._annotations: dict[PurePosixPath, Annotations] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, sorted."""
        return tuple(clip.name for clip in self._clips)

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
        with ThreadPoolExecutor(_AT_ONCE, "metadata") as pool:
            return tuple(len(entry.records) for entry in pool.map(self._entry, range(len(self._clips))))

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; no video is fetched."""
        return self._entry(index).actions

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded."""
        return self._entry(index).records.known

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees, as its first record says."""
        return self._entry(index).records.pitch

    def details(self, index: int) -> Details:
        """What else the metadata and `annotation.csv` say of one clip."""
        clip, details = self._clips[index], self._entry(index).records.details
        if details.prompts:
            return details
        if clip.split not in self._annotations:
            path = clip.split / ANNOTATIONS
            there = str(path) in self._files
            self._annotations[clip.split] = read_annotations(self._fetch(path)) if there else Annotations({})
        return replace(details, prompts=self._annotations[clip.split].prompts(clip.metadata.stem))

    def video(self, index: int) -> Path:
        """The clip's own video, fetched if it is not there; it stays until others need its place in the cache."""
        return self._fetch(self._clips[index].video, MAX_VIDEO_BYTES)

    def chunks(self, index: int) -> Iterator[Frames]:
        """Fetch and decode one clip a few frames at a time, all of it once the first ones are asked for.

        Raises:
            DataError: when it cannot be fetched, or does not match its actions.
        """
        where = self._store.where(str(self._clips[index].video))
        frames, size = len(self._entry(index).records), self.size  # which may fetch the first clip: its own comes last
        yield from decode_checked(self.video(index), where, frames, size)

    def digest(self, index: int) -> str:
        """Content hash of one clip: over the hashes that the hub has of its files, so that nothing is fetched."""
        clip = self._clips[index]
        contents = [self._files[str(path)].content for path in (clip.video, clip.metadata)]
        return hashlib.sha256(f"{contents} {self._effective_jumps}".encode()).hexdigest()

    @cached_property
    def _head(self) -> VideoHead:
        return read_head(self.video(0))

    def _entry(self, index: int) -> Entry:
        if index not in self._entries:
            clip = self._clips[index]
            metadata = self._fetch(clip.metadata)
            files = ClipFiles(clip.name, metadata, metadata.with_suffix(".mp4"), metadata.parent)
            try:
                self._entries[index] = read_entry(files, self._effective_jumps)
            except DataError as error:
                raise DataError(f"{self._store.where(str(clip.metadata))}: {error}") from None
        return self._entries[index]

    def _fetch(self, path: PurePosixPath, most: int = MAX_JSON_BYTES) -> Path:
        name, file = str(path), self._files[str(path)]
        where = self._store.where(name)
        if not 0 < file.size <= most:
            raise DataError(f"{where}: has {file.size:,} bytes, up to {most >> 20} MiB are expected; remove the clip")
        pieces = self._store.pieces(name, 0, file.size)
        return self._cache.fetch(
            f"{where} {file.content}", path.suffix, file.size, pieces, where=where, sha256=file.sha256
        )


def _find(files: Mapping[str, StoredFile], address: str) -> tuple[_RemoteClip, ...]:
    """Clips among `files`, sorted by name; raises DataError for a video that is missing or an impossible name."""
    clips: dict[PurePosixPath, _RemoteClip] = {}
    for path in sorted(map(PurePosixPath, files), key=lambda path: (path.parent.name != _METADATA[0], path)):
        if path.suffix != ".json" or any(part.startswith(".") for part in path.parts):
            continue
        two_folders = path.parent.name in _METADATA
        split = path.parent.parent if two_folders else path.parent
        video = (split / "video" if two_folders else split) / f"{path.stem}.mp4"
        if str(video) in files:
            clips.setdefault(video, _RemoteClip(plain_name(path.stem, address), path, video, split))
        elif two_folders:
            raise DataError(f"{address}: {video} is missing; restore it or remove {path}")
    shared = {name for name, count in Counter(clip.name for clip in clips.values()).items() if count > 1}
    distinct = [
        replace(clip, name="__".join((*clip.split.parts, clip.name))) if clip.name in shared else clip
        for clip in clips.values()
    ]
    return tuple(sorted(distinct, key=lambda clip: f"{clip.name}.json"))
