"""How a latent cache lies on disk: one safetensors shard per clip, and an index that vouches for each.

A shard is named after the clip's content. The index notes which autoencoder made the shards and the SHA-256
of each, so one that is stale, torn or missing is noticed and never used.
"""

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from torch import Tensor

from model.camera import MAX_PITCH
from model.config import build
from model.errors import DataError, RunError
from model.files import finished_file, write_atomically
from model.footage.untrusted import MAX_JSON_BYTES, in_words, inside

INDEX = "index.json"
_VERSION = 1
_MAX_FPS, _MAX_SIDE = 1e4, 1 << 16
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
    pitch: float = 0.0
    """Of the camera as the clip begins, in degrees, + = down."""

    def __post_init__(self) -> None:
        """Refuse what no clip is."""
        if self.frames < 1 or not self.name.isprintable():
            raise ValueError(f"{self.name!r:.80} of {self.frames} frames is no clip")
        if not _SHARD_NAME.fullmatch(self.shard):
            raise ValueError(f"{self.shard!r:.80} is no shard name")
        if not abs(self.pitch) <= MAX_PITCH:  # also where it is no number
            raise ValueError(f"a pitch of {self.pitch:g} degrees is none of a camera")


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

    def __post_init__(self) -> None:
        """Refuse what no cache is."""
        if not (0 < self.fps <= _MAX_FPS and all(0 < side <= _MAX_SIDE for side in self.size)):
            raise ValueError("fps or size lie outside of what footage has")
        if self.complete and len({entry.name for entry in self.clips}) < len(self.clips):
            raise ValueError("it names a clip twice")


def read_index(folder: Path) -> Index:
    """Read and check the index of the cache in `folder`; raises DataError when it is missing or damaged."""
    path = inside(folder, folder / INDEX)
    if not path.is_file():
        raise DataError(f"{folder}: holds no latent cache; make one with `arvd-data encode`")
    try:
        if path.stat().st_size > MAX_JSON_BYTES:
            raise ValueError(f"it is larger than {MAX_JSON_BYTES >> 20} MiB")
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            raise DataError(
                f"{path}: is of format version {document['version']!r:.40}, not {_VERSION}; "
                "run `arvd-data encode` into a new folder"
            )
        return build(Index, document)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(path, str(error)) from None


def write_index(folder: Path, index: Index) -> None:
    """Write the index of the cache in `folder`, whole or not at all."""
    document = asdict(index)
    for clip in document["clips"]:
        if not clip["pitch"]:
            del clip["pitch"]  # as it was written before there was one
    write_atomically(folder / INDEX, (json.dumps(document, indent=1) + "\n").encode())


def write_shard(
    folder: Path, name: str, digest: str, autoencoder: str, latents: Iterable[Tensor], actions: Tensor
) -> Entry:
    """Write one clip's actions (t, 11) and its latents, a few frames (n, c, h, w) float16 at a time.

    Only one part of the latents is held at a time. Returns the clip's entry for the index.

    Raises:
        DataError: when there are more or fewer latents than actions.
        RunError: when the disk cannot take it.
    """
    parts = iter(latents)
    first = next(parts, None)
    if first is None:
        raise DataError(f"{name}: holds no frames; export the clip again or remove it")
    shape = (len(actions), *first.shape[1:])
    about = {"autoencoder": autoencoder, "clip": digest}
    path, sha, count = folder / f"{digest}.safetensors", hashlib.sha256(), 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with finished_file(path) as unfinished:
            with unfinished.open("wb") as file:

                def put(data: bytes) -> None:
                    sha.update(data)
                    file.write(data)

                put(_header(actions, shape, about))
                put(actions.contiguous().numpy().tobytes())
                for part in chain([first], parts):
                    count += len(part)
                    put(part.contiguous().numpy().tobytes())
            if count != len(actions):
                raise DataError(f"{name}: {count} frames, {len(actions)} actions; export the clip again or remove it")
    except OSError as error:
        raise RunError(
            f"{path}: could not be written ({error.strerror}); make room or choose another folder"
        ) from error
    return Entry(name, digest, count, path.name, sha.hexdigest())


def _header(actions: Tensor, latents: tuple[int, ...], about: dict[str, str]) -> bytes:
    """Start of a safetensors file that holds `actions` and then float16 latents of this shape."""
    middle = 4 * actions.numel()
    document = {
        "__metadata__": about,
        "actions": {"dtype": "F32", "shape": list(actions.shape), "data_offsets": [0, middle]},
        "latents": {"dtype": "F16", "shape": list(latents), "data_offsets": [middle, middle + 2 * math.prod(latents)]},
    }
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def damaged(path: Path, why: str) -> DataError:
    """Return the error for a file of the cache that cannot be used."""
    return DataError(
        f"{path}: damaged ({in_words(why)}); run `arvd-data encode` again, which remakes only what is damaged"
    )
