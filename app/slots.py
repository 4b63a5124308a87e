"""Places where walks are kept: one file per slot, a session's state whose newest frame is its thumbnail.

Listing reads thumbnails and descriptions alone, without torch; what is wrong with a file is part of its listing.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from platformdirs import user_data_path
from safetensors import SafetensorError, safe_open

from model.errors import StateError
from model.files import write_atomically
from model.world_spec import WorldSpec, kin_of, world_hash

from .engine import Pixels, World
from .plain_name import plain_name

QUICK = "quick"
NAMES = (QUICK, "1", "2", "3", "4", "5")
"""Slots of a world, in the order in which they are shown."""

_MAX_BYTES = 4 << 30  # of a state; that of the largest world we know takes a quarter
_MAX_SIDE = 4096


@dataclass(frozen=True, eq=False)
class Slot:
    """One slot as it is listed."""

    name: str
    thumbnail: Pixels | None = None
    """Newest frame (h, w, 3); None for an empty slot or one that cannot be read."""
    index: int = 0
    """Frames generated in the walk so far."""
    seed: int = 0
    saved: datetime | None = None
    """None for an empty slot."""
    fault: str = ""
    """Why it cannot be loaded, in a few words."""

    @property
    def loadable(self) -> bool:
        """Whether there is something to load."""
        return self.saved is not None and not self.fault


class Slots:
    """The slots of one world."""

    def __init__(self, folder: Path, world_hash: str, kin: Collection[str] = ()) -> None:
        """Keep walks in `folder`, which is made when the first is saved.

        Those of a world that is known neither by `world_hash` nor by its `kin` are refused.
        """
        self.folder = folder
        self._known = world_hash, kin  # both at once: another thread may list meanwhile

    def follow(self, world: World) -> None:
        """Keep walks of the same world opened otherwise, or in other weights, in which older walks cannot go on."""
        self._known = world.hash, world.kin

    @property
    def world(self) -> str:
        """Hash of the world."""
        return self._known[0]

    def save(self, name: str, state: bytes) -> None:
        """Put a session's state into a slot, over what was there; RunError when the disk cannot take it."""
        write_atomically(self._path(name), state)

    def load(self, name: str) -> bytes:
        """Return the state in a slot; raises StateError when there is none that this world can go on from."""
        slot = self.look(name)
        if slot.saved is None:
            raise StateError(f"slot {name} is empty; save into it first")
        if slot.fault:
            raise StateError(f"slot {name} cannot be loaded ({slot.fault}); save into it again")
        return self._path(name).read_bytes()

    def list(self) -> tuple[Slot, ...]:
        """All slots."""
        return tuple(map(self.look, NAMES))

    def look(self, name: str) -> Slot:
        """One slot."""
        path = self._path(name)
        try:
            about = path.stat()
        except OSError:
            return Slot(name)
        saved = _moment(about.st_mtime)
        if about.st_size > _MAX_BYTES:
            return Slot(name, saved=saved, fault="too large")
        try:
            with safe_open(path, "np") as file:
                state = json.loads(file.metadata()["state"])
                shape = file.get_slice("frame").get_shape()
                if len(shape) != 3 or shape[2] != 3 or not all(0 < side <= _MAX_SIDE for side in shape[:2]):
                    raise ValueError(f"a picture of shape {shape}")
                picture = np.asarray(file.get_tensor("frame"))
            index, seed, world = int(state["index"]), int(state["seed"]), str(state["world"])
            if picture.dtype != np.uint8:
                raise ValueError(f"a picture of {picture.dtype}")
        except (OSError, SafetensorError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return Slot(name, saved=saved, fault="damaged")
        hash_, kin = self._known
        fault = "" if world == hash_ or world in kin else "of another world, or another version of it"
        return Slot(name, picture, index, seed, saved, fault)

    def _path(self, name: str) -> Path:
        if name not in NAMES:
            raise StateError(f"there is no slot {name!r}; use one of {', '.join(NAMES)}")
        return self.folder / f"{name}.safetensors"


def slots_of(folder: Path, spec: WorldSpec) -> Slots:
    """Return the slots of the world in a folder."""
    return Slots(saves_folder(spec.name), world_hash(folder), kin_of(folder, spec))


def saves_folder(world: str) -> Path:
    """Where the walks through the world called `world` are kept on this platform, whatever that name holds."""
    is_folder = Path(world).name == world and world.isprintable() and world not in ("", "..")
    return user_data_path("arvd", appauthor=False) / "saves" / (world if is_folder else plain_name(world))


def _moment(seconds: float) -> datetime:
    """When a file was written, long ago if its time is none that there can be."""
    try:
        return datetime.fromtimestamp(seconds)
    except (OSError, OverflowError, ValueError):
        return datetime.fromtimestamp(0)
