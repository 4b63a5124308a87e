"""Writing a playable world folder."""

import hashlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

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
from model.files import write_atomically
from model.sampler import SamplerConfig
from model.transformer import Transformer
from model.world_spec import AUTOENCODER, FORMAT, GENERATOR, Licence, build_spec, read_scenes

_OWN = ("world.toml", GENERATOR, AUTOENCODER, "scenes")  # what an export replaces; all else in the folder stays
_BESIDE = frozenset({"about.toml", "README.md", "training"})  # what may lie there before the first export
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
    remembers: Literal["latents", "pictures"] = "latents"


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
    """Write a world to `folder`; one that is there is replaced when all is ready, and put back if that fails.

    Raises:
        RunError: when there is no scene or one has no proper name, or `folder` holds something that is no world.
    """
    _check_scenes(scenes)
    _check_folder(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        aside = Path(temporary) / "new"
        aside.mkdir()
        files = {
            GENERATOR: save(portable(transformer.state_dict(), torch.bfloat16)),
            AUTOENCODER: save(portable(autoencoder.state_dict(), torch.float32)),
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
        _swap(aside, folder, Path(temporary) / "old")


def _check_scenes(scenes: Sequence[SceneSource]) -> None:
    names = [scene.name for scene in scenes]
    if not names:
        raise RunError("the world has no scene; name at least one")
    for name in names:
        if not _SCENE_NAME.fullmatch(name):
            raise RunError(f"the scene name {name!r} cannot be a file name; use a-z, 0-9, _ and -")
        if names.count(name) > 1:
            raise RunError(f"two scenes are called {name!r}; rename one")


def _check_folder(folder: Path) -> None:
    if not folder.exists() or (folder / "world.toml").is_file():
        return
    if not folder.is_dir():
        raise RunError(f"{folder}: is a file; name a folder for the world")
    if foreign := sorted({path.name for path in folder.iterdir()} - _BESIDE):
        raise RunError(f"{folder}: holds {foreign[0]} but no world.toml; give an empty folder or that of a world")


def _swap(new: Path, folder: Path, old: Path) -> None:
    """Move what an export replaces from `folder` to `old` and the new in; undo it when interrupted."""
    old.mkdir()
    try:
        for name in _OWN:
            if (folder / name).exists():
                (folder / name).rename(old / name)
            (new / name).rename(folder / name)
    except BaseException:
        for path in old.iterdir():
            if (folder / path.name).exists():
                (folder / path.name).rename(new / path.name)
            path.rename(folder / path.name)
        raise


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
    said = plain(about)
    if about.remembers == "latents":
        del said["remembers"]  # older versions read no such key
    return said | table  # type: ignore[no-any-return] # plain() of a dataclass is a table


def portable(weights: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """Return weights as they stand in a world's file."""
    return {name: tensor.detach().to("cpu", dtype).contiguous() for name, tensor in weights.items()}
