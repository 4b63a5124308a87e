"""Import of Matrix-Game's and ForgeWM's LMDB files into a latent cache; `lmdb_steps` says what becomes of the actions.

Two things that the files do not say are asked for, each with the default that fits what is published:

Alignment. ForgeWM wrote the rows of GF-Minecraft as they are, post-action: row k led to frame k. (Its network was made
for pre-action rows and is fed these all the same, one frame late.) Matrix-Game's own data is pre-action.

Frame rate. ForgeWM's frames are every frame of GF-Minecraft, 16 a second, though its own videos are written at 12.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model.autoencoder import STRIDE
from model.errors import DataError

from .lmdb_rows import Notes, Row, Shard, shards
from .lmdb_steps import Alignment
from .shards import INDEX, Entry, Index, read_index, write_index, write_shard
from .verified import Verified

WAN_AUTOENCODER = "wan2.1-vae"
"""What stands for the hash of the autoencoder in a cache of latents that Wan's made."""

_WAN_MEAN = (
    -0.7571, -0.7089, -0.9113, 0.1075, -0.1745, 0.9653, -0.1517, 1.5508,
    0.4134, -0.0715, 0.5517, -0.3632, -0.1922, -0.9497, 0.2503, -0.2921,
)  # fmt: skip
_WAN_STD = (
    2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
    3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160,
)  # fmt: skip
_INDEX_SECONDS = 5.0  # a killed import loses at most this much work


@dataclass(frozen=True, kw_only=True)
class LmdbConfig:
    """What LMDB files do not say of themselves; those that we wrote do, and it is not asked for."""

    alignment: Alignment = "post"
    fps: float = 16.0
    """Of the frames; a latent of 4 frames makes a cache of a quarter of it."""
    normalized: bool = True
    """Whether latents have mean 0 and deviation 1 per channel; if not, Wan's statistics are taken out."""
    autoencoder: str = WAN_AUTOENCODER
    """What the cache is known by."""


def count_lmdb(source: Path) -> int:
    """Clips in all shards; raises DataError as `import_lmdb`."""
    total = 0
    for path in shards(source):
        with Shard(path) as shard:
            total += shard.rows
    return total


def import_lmdb(
    source: Path, folder: Path, advance: Callable[[], None] = lambda: None, *, config: LmdbConfig | None = None
) -> int:
    """Make a latent cache in `folder`, or go on with one; returns the number of clips. One is held at a time.

    A step of the cache is a latent. What we exported comes back to the bit, with names and order. `advance` is called
    once per clip.

    Raises:
        DataError: naming the file and row that cannot be used, or when `folder` holds something else.
        RunError: when the disk cannot take it.
    """
    config = config or LmdbConfig()
    target: _Target | None = None
    for path in shards(source):
        with Shard(path) as shard:
            notes = shard.notes() or Notes(
                config.autoencoder,
                config.fps / shard.per,
                (shard.latent[-2] * STRIDE, shard.latent[-1] * STRIDE),
            )
            target = target or _Target(folder, notes, shard.latent[-3:])
            target.expect(notes, shard.latent[-3:], path)
            for row in shard.read(config.alignment):
                own = shard.notes() is not None
                target.add(row if own or config.normalized else replace(row, latents=_normalized(row.latents, path)))
                advance()
    assert target is not None  # `shards` finds one at least
    return target.finish()


class _Target:
    """The cache that is being made."""

    def __init__(self, folder: Path, notes: Notes, latent: tuple[int, ...]) -> None:
        self._folder, self._notes, self._latent = folder, notes, latent
        self._good = _good_shards(folder, notes.autoencoder)
        self._clips: list[tuple[int, Entry]] = []
        self._noted = time.monotonic()
        self._note(complete=False)  # from here on nothing that is stale can be taken for good

    def expect(self, notes: Notes, latent: tuple[int, ...], path: Path) -> None:
        if (notes, latent) != (self._notes, self._latent):
            raise DataError(f"{path}: holds latents of another kind than the first file; import it into its own folder")

    def add(self, row: Row) -> None:
        digest = row.digest or _digest(row)
        entry = self._good.get(digest)
        if entry is None:
            latents = torch.from_numpy(row.latents.copy())
            actions = torch.from_numpy(row.actions.copy())
            entry = write_shard(self._folder, row.name, digest, self._notes.autoencoder, [latents], actions)
            self._good[digest] = entry
        position = len(self._clips) if row.position is None else row.position
        self._clips.append((position, replace(entry, name=row.name, pitch=row.pitch)))
        if time.monotonic() - self._noted > _INDEX_SECONDS:
            self._note(complete=False)
            self._noted = time.monotonic()

    def finish(self) -> int:
        if not self._clips:
            raise DataError(f"{self._folder}: no clip was imported, the files hold none; choose others")
        names = [entry.name for _, entry in self._clips]
        if len(set(names)) != len(names):
            raise DataError(f"{self._folder}: two clips are called {max(names, key=names.count)!r}; rename a shard")
        self._note(complete=True)
        return len(self._clips)

    def _note(self, complete: bool) -> None:
        clips = [entry for _, entry in sorted(self._clips, key=lambda clip: clip[0])]
        if not complete:  # what an earlier import made is not forgotten before this one has come to it
            added = {entry.digest for entry in clips}
            clips += [entry for digest, entry in self._good.items() if digest not in added]
        notes = self._notes
        write_index(self._folder, Index(notes.autoencoder, notes.fps, notes.size, complete, tuple(clips)))


def _good_shards(folder: Path, autoencoder: str) -> dict[str, Entry]:
    """Shards of an import that did not finish, by the digest of what they hold."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / INDEX).is_file():
            raise DataError(f"{folder}: is not empty; choose another folder or remove it")
        index = read_index(folder)
        if index.autoencoder != autoencoder:
            raise DataError(f"{folder}: holds latents of another autoencoder; choose another folder or remove it")
        good, verified = {}, Verified(folder)
        for entry in index.clips:
            with suppress(DataError):
                verified.shape(entry)
                good[entry.digest] = entry
        return good
    return {}


def _digest(row: Row) -> str:
    return hashlib.sha256(row.latents.tobytes() + row.actions.tobytes()).hexdigest()


def _normalized(latents: npt.NDArray[np.float16], path: Path) -> npt.NDArray[np.float16]:
    if latents.shape[1] != len(_WAN_MEAN):
        raise DataError(
            f"{path}: has {latents.shape[1]} latent channels, Wan's have {len(_WAN_MEAN)}; normalize them first"
        )
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (_WAN_MEAN, _WAN_STD))
    return ((latents - mean) / std).astype(np.float16)
