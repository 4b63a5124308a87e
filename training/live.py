"""Worlds that a running stage leaves with its checkpoints, so that it can be played while it trains.

Each lies whole in a folder of its own, `live/step-00001250/` of the stage's folder, which appears at once and is never
written to again; only the newest few are kept. All but the generator's weights are the same in each and linked, not
copied. Nothing here can hold a run up: what cannot be written is said once and left out.
"""

import hashlib
import os
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import tomli_w
import torch
from safetensors.torch import save

from model.autoencoder import Autoencoder
from model.errors import ArvdError
from model.files import write_atomically
from model.footage.clip import Dataset
from model.transformer import Transformer
from model.world_spec import GENERATOR

from .export import WorldAbout, export_world, portable
from .logs import warn
from .stage_world import footage_scenes

FOLDER = "live"
"""Where they lie in a stage's folder."""

_KEPT = 3  # who plays one has the time in which two more are made to turn to them
_STEP = "step-"


class LiveWorlds:
    """Those of one stage."""

    def __init__(
        self,
        stage: Path,
        about: WorldAbout,
        autoencoder: Autoencoder,
        footage: Callable[[], Dataset],
        say: Callable[[str], None] = warn,
    ) -> None:
        """Prepare; scenes are taken from `footage` for the first world, `say` hears why one could not be written."""
        self.folder = stage / FOLDER
        self._about, self._autoencoder, self._footage, self._say = about, autoencoder, footage, say
        self._newest: Path | None = None  # of this process: what an earlier one left may be of other footage
        self._told = False

    def leave(self, step: int, transformer: Transformer) -> None:
        """Write the world of `step`, and drop those that are too old or of a later step, which is to come again."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._drop_torn()
            self._write(step, transformer)
            self._drop(step)
        except (ArvdError, OSError) as error:
            self._newest = None
            if not self._told:
                self._say(f"step {step} left no world to play ({error}); training goes on")
            self._told = True

    def _write(self, step: int, transformer: Transformer) -> None:
        about = replace(self._about, title=f"{self._about.title}, step {step:,}")
        place = self.folder / f"{_STEP}{step:08d}"
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".") as temporary:
            world = Path(temporary) / "world"
            if self._newest is not None and self._newest.is_dir():
                shutil.copytree(self._newest, world, copy_function=_link)
                _renew(world, about.title, transformer)
            else:
                export_world(world, about, transformer, self._autoencoder, footage_scenes(self._footage()))
            if place.exists():  # the run went back to an earlier checkpoint
                shutil.rmtree(place)
            world.rename(place)
        self._newest = place

    def _drop(self, step: int) -> None:
        found = sorted(self.folder.glob(f"{_STEP}*"))
        later = [path for path in found if path.name > f"{_STEP}{step:08d}"]
        for path in {*later, *found[: -_KEPT - len(later)]}:
            shutil.rmtree(path)

    def _drop_torn(self) -> None:
        """Remove what a process that was killed while it wrote has left."""
        for path in self.folder.glob(".*"):
            shutil.rmtree(path)


def _renew(world: Path, title: str, transformer: Transformer) -> None:
    """Give a world another title and other weights; files that it shares are replaced, never written to."""
    data = save(portable(transformer.state_dict(), torch.bfloat16))
    table = tomllib.loads((world / "world.toml").read_text(encoding="utf-8"))
    table["title"] = title
    table["files"][GENERATOR] = hashlib.sha256(data).hexdigest()
    write_atomically(world / GENERATOR, data)
    write_atomically(world / "world.toml", tomli_w.dumps(table).encode())


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)
