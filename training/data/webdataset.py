"""Reader of tar shards (WebDataset), here or far away: clips are fetched one by one into a cache of bounded size.

So a dataset that does not fit the disk is read all the same. Actions need no video: with our index beside the shards
they come in one small file.
"""

from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np

from model.actions import ACTION_SIZE
from model.errors import DataError
from model.footage.clip import Actions, Dataset, Details, Frames, Known, everything_known
from model.footage.gf_records import parse_details, parse_known, parse_pitch
from model.footage.video import VideoHead, read_head

from .checked_video import decode_checked
from .file_cache import FileCache
from .store import Store, open_store
from .webdataset_index import ACTION_BYTES, ACTIONS, ShardClip, ShardIndex, checked_actions, read_index
from .webdataset_scan import scan


class WebDataset(Dataset):
    """Clips in tar shards: a folder of this machine, or at an address that fsspec reads (`https://`, `hf://`)."""

    def __init__(self, place: str | Store, cache: FileCache | None = None) -> None:
        """Read the index at `place`, or make one out of the shards' headers; videos come to `cache` as needed.

        Raises:
            DataError: naming the first thing that cannot be used.
        """
        self._store = open_store(place) if isinstance(place, str) else place
        self._cache = cache or FileCache()
        index = read_index(self._store)
        if index is not None and not index.complete:
            raise DataError(
                f"{self._store.address}: its writing did not finish; write it again to the same place, which goes on"
            )
        self._rows: Actions | None = None  # unread until somebody asks, when our index says where
        if index is None:
            index, self._rows = scan(self._store, self._head)
        self._index: ShardIndex = index
        self._ends = tuple(accumulate(clip.frames for clip in index.clips))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the clips, in the order of the shards."""
        return tuple(clip.name for clip in self._index.clips)

    @property
    def fps(self) -> float:
        """Frames per second of every clip."""
        return self._index.fps

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of every frame."""
        return self._index.size

    @cached_property
    def frame_counts(self) -> tuple[int, ...]:
        """Frames of each clip."""
        return tuple(clip.frames for clip in self._index.clips)

    def actions(self, index: int) -> Actions:
        """Action vectors (t, 11) of one clip; no video is fetched."""
        if self._rows is None:
            self._rows = self._fetch_actions()
        end = self._ends[index]
        rows = self._rows[end - self._index.clips[index].frames : end]
        return checked_actions(rows, self._where(index))

    def known(self, index: int) -> Known:
        """Which entries of one clip's action vectors were recorded."""
        about = self._index.clips[index].about
        return parse_known(about, Path(self._where(index))) if "known" in about else everything_known()

    def pitch(self, index: int) -> float:
        """Pitch of the camera as one clip begins, in degrees."""
        return parse_pitch(self._index.clips[index].about, Path(self._where(index)))

    def details(self, index: int) -> Details:
        """What else the index says of one clip."""
        return parse_details(self._index.clips[index].about, Path(self._where(index)))

    def video(self, index: int) -> Path:
        """The clip's own video, fetched if it is not there; it stays until others need its place in the cache."""
        return self._fetch(self._index.clips[index])

    def chunks(self, index: int) -> Iterator[Frames]:
        """Fetch and decode one clip a few frames at a time, all of it once the first ones are asked for.

        Raises:
            DataError: when it cannot be fetched, or does not match its actions.
        """
        yield from decode_checked(self.video(index), self._where(index), self._index.clips[index].frames, self.size)

    def digest(self, index: int) -> str:
        """Content hash of one clip; where nobody has hashed its video, what changes when the server's file does."""
        return self._index.clips[index].digest

    def _where(self, index: int) -> str:
        clip = self._index.clips[index]
        return f"{self._store.where(clip.shard)}: clip {clip.name!r}"

    def _head(self, clip: ShardClip) -> VideoHead:
        return read_head(self._fetch(clip))

    def _fetch(self, clip: ShardClip) -> Path:
        where = f"{self._store.where(clip.shard)}: clip {clip.name!r}"
        pieces = self._store.pieces(clip.shard, clip.start, clip.size)
        key = clip.sha256 or f"{clip.digest} {where}"
        return self._cache.fetch(key, clip.suffix, clip.size, pieces, where=where, sha256=clip.sha256)

    def _fetch_actions(self) -> Actions:
        size = self._index.frames * ACTION_BYTES
        pieces = self._store.pieces(ACTIONS, 0, size)
        sha256, where = self._index.actions_sha256, self._store.where(ACTIONS)
        path = self._cache.fetch(sha256, ".f32", size, pieces, where=where, sha256=sha256)
        return np.memmap(path, "<f4", "r", shape=(self._index.frames, ACTION_SIZE))
