"""Remembers which shards of a latent cache were read whole and found good, so that opening it again takes no time.

A shard counts as read as long as it keeps its size and the time of its last change, to the nanosecond. So a cache is
hashed once where it lies, and again only where something was written; what a disk loses in silence stays unseen.
"""

import contextlib
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from safetensors import SafetensorError, safe_open

from model.actions import ACTION_SIZE
from model.errors import DataError, RunError
from model.files import write_atomically
from model.footage.untrusted import inside, read_json

from .shards import Entry, damaged
from .step_actions import check_steps

VERIFIED = "verified.json"
_AT_ONCE = 256  # steps whose latents are looked at together


class _Note(NamedTuple):
    """A shard as it was when it was found good."""

    sha256: str
    size: int
    changed: int
    """Time of the last change, in nanoseconds."""
    shape: tuple[int, ...]
    """(t, c, h, w) of the latents."""


class Verified:
    """The shards of one folder that are known to be good."""

    def __init__(self, folder: Path) -> None:
        """Read what was noted before; notes that are missing or garbled only cost time."""
        self._folder = folder
        self._before: dict[str, _Note] = {}
        self._now: dict[str, _Note] = {}
        with contextlib.suppress(DataError, ValueError, TypeError, AttributeError):
            notes = read_json(inside(folder, folder / VERIFIED))
            self._before = {
                name: _Note(sha256, size, changed, tuple(shape))
                for name, (sha256, size, changed, shape) in notes.items()
            }

    def shape(self, entry: Entry) -> tuple[int, ...]:
        """Shape (t, c, h, w) of the latents of one shard, which is read only if it was not seen as it is now.

        Raises:
            DataError: when it is not what the index says.
        """
        path = inside(self._folder, self._folder / entry.shard)
        if not path.is_file():
            raise damaged(path, "missing")
        try:
            stat = path.stat()
            stamp = (entry.sha256, stat.st_size, stat.st_mtime_ns)
            note = self._before.get(entry.shard)
            if note is None or note[:3] != stamp or note.shape[:1] != (entry.frames,):
                note = _Note(*stamp, _read(path, entry))
        except (OSError, ValueError, SafetensorError) as error:
            raise damaged(path, str(error)) from None
        self._now[entry.shard] = note
        return note.shape

    def save(self) -> None:
        """Note what was found for the next opening; without leave to write, it is found again."""
        if self._now != self._before:
            with contextlib.suppress(RunError):
                write_atomically(self._folder / VERIFIED, json.dumps(self._now).encode())


def _read(path: Path, entry: Entry) -> tuple[int, ...]:
    """Shape of the latents of a shard, once all of it was read; raises ValueError unless it is what `entry` says."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry.sha256:
            raise ValueError("its SHA-256 differs from the index")
    with safe_open(path, framework="pt") as tensors:
        if not {"latents", "actions"} <= set(tensors.keys()):
            raise ValueError("it lacks latents or actions")
        latents, actions = tensors.get_slice("latents"), tensors.get_slice("actions")
        shape = tuple(latents.get_shape())
        kinds = (latents.get_dtype(), actions.get_dtype())
        if len(shape) != 4 or actions.get_shape() != [entry.frames, ACTION_SIZE] or shape[0] != entry.frames:
            raise ValueError("its tensors have the wrong shape")
        if kinds != ("F16", "F32"):
            raise ValueError(f"its tensors are {' and '.join(kinds)}")
        if not all(shape):
            raise ValueError("its latents are empty")
        check_steps(tensors.get_tensor("actions").numpy())
        if not all(latents[at : at + _AT_ONCE].isfinite().all() for at in range(0, entry.frames, _AT_ONCE)):
            raise ValueError("its latents are not finite")
    return shape
