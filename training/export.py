"""Writing a playable world folder."""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
import tomli_w
import torch
from safetensors.torch import save
from torch import Tensor

from model.autoencoder import Autoencoder
from model.config import plain
from model.errors import RunError
from model.sampler import SamplerConfig
from model.transformer import Transformer
from model.world_spec import AUTOENCODER, FORMAT, GENERATOR, Licence, build_spec, read_scenes

from .checkpoint import write_atomically

_SCENE_NAME = re.compile(r"[a-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class WorldAbout:
    """What a world is called and where it comes from."""

    name: str
    title: str
    fps: float
    actions: tuple[str, ...]
    sink: int
    window: int
    sampler: SamplerConfig
    licence: Licence
    training: str


@dataclass(frozen=True, kw_only=True)
class SceneSource:
    """A scene to be written."""

    name: str
    title: str
    picture: npt.NDArray[np.uint8]
    """(h, w, 3)."""


def export_world(
    folder: Path, about: WorldAbout, transformer: Transformer, autoencoder: Autoencoder, scenes: Sequence[SceneSource]
) -> None:
    """Write a world to `folder`, replacing an earlier one only when all is ready."""
    check_scenes(scenes)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir()) and not _may_replace(folder)):
        raise RunError(f"{folder}: exists and is no world; give another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        aside = Path(temporary)
        files = {
            GENERATOR: save(_portable(transformer.state_dict(), torch.bfloat16)),
            AUTOENCODER: save(_portable(autoencoder.state_dict(), torch.float32)),
        }
        for name, data in files.items():
            write_atomically(aside / name, data)
        table = _table(
            about, transformer, autoencoder, {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        )
        build_spec(table, folder / "world.toml")  # what cannot be read back is not written
        (aside / "scenes").mkdir()
        for scene in scenes:
            iio.imwrite(aside / "scenes" / f"{scene.name}.png", scene.picture)
        listed = [{"name": s.name, "title": s.title, "picture": f"{s.name}.png"} for s in scenes]
        write_atomically(aside / "scenes" / "scenes.toml", tomli_w.dumps({"scene": listed}).encode())
        write_atomically(aside / "world.toml", tomli_w.dumps(table).encode())
        read_scenes(aside)
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as old:
            # world.toml goes first and comes last: what is not complete is no world
            for name in ("world.toml", "scenes", *files):
                if (folder / name).exists():
                    (folder / name).rename(Path(old) / name)
            for name in (*files, "scenes", "world.toml"):
                (aside / name).rename(folder / name)


def check_scenes(scenes: Sequence[SceneSource]) -> None:
    """Raise RunError unless names of scenes are distinct and fit to be file names."""
    names = [scene.name for scene in scenes]
    if not names:
        raise RunError("a world needs at least one scene; name one")
    for name in names:
        if not _SCENE_NAME.fullmatch(name):
            raise RunError(f"scene name {name!r} is not made of a-z, 0-9, - and _; give it another name")
        if names.count(name) > 1:
            raise RunError(f"two scenes are called {name!r}; give each a name of its own")


def _may_replace(folder: Path) -> bool:
    """Whether a folder is a world, or holds only what is kept beside one."""
    kept = {"about.toml", "README.md", "training"}
    return (folder / "world.toml").is_file() or all(path.name in kept for path in folder.iterdir())


def _table(
    about: WorldAbout, transformer: Transformer, autoencoder: Autoencoder, files: Mapping[str, str]
) -> dict[str, Any]:
    config = transformer.config
    table: dict[str, Any] = {
        "format": FORMAT,
        "height": config.rows * 8,
        "width": config.columns * 8,
        "files": dict(files),
        "autoencoder": plain(autoencoder.config),
        "transformer": plain(config),
    }
    return plain(about) | table  # type: ignore[no-any-return] # plain() of a dataclass is a table


def _portable(weights: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    return {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in weights.items()}
