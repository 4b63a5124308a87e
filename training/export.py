"""Writing a playable world folder."""

import hashlib
import shutil
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
from model.sampler import SamplerConfig
from model.transformer import Transformer
from model.world_spec import AUTOENCODER, FORMAT, GENERATOR, Licence, build_spec

from .checkpoint import write_atomically


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
        folder.mkdir(exist_ok=True)
        shutil.rmtree(folder / "scenes", ignore_errors=True)
        for path in aside.iterdir():
            path.replace(folder / path.name)


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
