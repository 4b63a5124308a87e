"""How a latent cache lies on disk: one safetensors shard per clip, and an index that vouches for each.

A shard is named after the clip's content. The index notes which autoencoder made the shards and the SHA-256
of each, so one that is stale, torn or missing is noticed and never used.
"""

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from model.actions import ACTION_SIZE
from model.errors import DataError
from model.files import write_atomically

INDEX = "index.json"
_VERSION = 1
_SHARD_NAME = re.compile(r"[0-9a-f]{16,128}\.safetensors")


@dataclass(frozen=True)
class Entry:
    """What the index says of one clip."""

    name: str
    digest: str
    """Content hash of the clip the shard was made from."""
    frames: int
    shard: str
    sha256: str


@dataclass(frozen=True)
class Index:
    """What the index says of the whole cache."""

    autoencoder: str
    """Hash of the autoencoder that made every shard."""
    fps: float
    size: tuple[int, int]
    complete: bool
    """False while the encoding has not reached the last clip."""
    clips: tuple[Entry, ...]
    version: int = _VERSION


def read_index(folder: Path) -> Index:
    """Read and check the index of the cache in `folder`; raises DataError when it is missing or damaged."""
    path = folder / INDEX
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            raise DataError(
                f"{path}: is of format version {document['version']}, not {_VERSION}; "
                "run `arvd-data encode` into a new folder"
            )
        entries = tuple(_entry(record) for record in document["clips"])
        height, width = document["size"]
        size, fps = (int(height), int(width)), float(document["fps"])
        return Index(str(document["autoencoder"]), fps, size, document["complete"] is True, entries)
    except FileNotFoundError:
        raise DataError(f"{folder}: holds no latent cache; make one with `arvd-data encode`") from None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise damaged(path, str(error)) from None


def write_index(folder: Path, index: Index) -> None:
    """Write the index of the cache in `folder`, whole or not at all."""
    write_atomically(folder / INDEX, (json.dumps(asdict(index), indent=1) + "\n").encode())


def read_shard(folder: Path, entry: Entry) -> tuple[Tensor, Tensor]:
    """Latents (t, c, h, w) and actions (t, 11) of one clip; DataError unless it is what the index says."""
    path = folder / entry.shard
    try:
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise ValueError("its SHA-256 differs from the index")
        tensors = load(data)
        latents, actions = tensors["latents"], tensors["actions"]
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise damaged(path, str(error)) from None
    if latents.ndim != 4 or len(latents) != entry.frames or actions.shape != (entry.frames, ACTION_SIZE):
        raise damaged(path, "its tensors have the wrong shape")
    return latents, actions


def write_shard(folder: Path, name: str, digest: str, autoencoder: str, latents: Tensor, actions: Tensor) -> Entry:
    """Write one clip's latents (t, c, h, w) and actions (t, 11); returns its entry for the index."""
    tensors = {"latents": latents.contiguous(), "actions": actions.contiguous()}
    data = save(tensors, metadata={"autoencoder": autoencoder, "clip": digest})
    shard = f"{digest}.safetensors"
    write_atomically(folder / shard, data)
    return Entry(name, digest, len(latents), shard, hashlib.sha256(data).hexdigest())


def good_shards(folder: Path, autoencoder: str, digests: Collection[str]) -> dict[str, Entry]:
    """Entries of the good shards in `folder`, by clip digest; what is stale or torn is left out."""
    try:
        index = read_index(folder)
    except DataError:
        return {}
    good: dict[str, Entry] = {}
    for entry in index.clips if index.autoencoder == autoencoder else ():
        if entry.digest in digests:
            try:
                read_shard(folder, entry)
            except DataError:
                continue
            good[entry.digest] = entry
    return good


def damaged(path: Path, why: str) -> DataError:
    """Return the error for a file of the cache that cannot be used."""
    return DataError(f"{path}: damaged ({why}); run `arvd-data encode` again, which remakes only what is damaged")


def _entry(record: Any) -> Entry:
    entry = Entry(**record)
    texts = (entry.name, entry.digest, entry.shard, entry.sha256)
    if not all(isinstance(text, str) for text in texts) or type(entry.frames) is not int or entry.frames < 1:
        raise ValueError("a clip's entry holds a wrong type")
    if not _SHARD_NAME.fullmatch(entry.shard):
        raise ValueError(f"{entry.shard!r} is no shard name")
    return entry
