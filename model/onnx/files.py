"""What an exported world is on the disk, and where it is found.

    two.onnx one.onnx    the generator for two frames and for one: `runtimes.evaluation.Evaluation`
    decode.onnx encode.onnx
    onnx.json            how the weights are called in there, and the tables of positions

    export.json          the world's hash, and SHA-256 of these files

Graphs hold no weights, unless these are quantised: those stay in the world's safetensors files. An export stands in
the world's folder, in one that is called as the runtime (`onnx`, `onnx-int8`), or was made by this machine and stands
in the person's cache. `world.toml` does not name it, so that a world remains the same world, and its replays and saved
states go on, whether it was exported or not.
"""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ..errors import WorldError
from ..world_spec import AUTOENCODER, GENERATOR

ABOUT = "onnx.json"
WEIGHTS_OF = {"two": GENERATOR, "one": GENERATOR, "decode": AUTOENCODER, "encode": AUTOENCODER}
"""Graphs, and whose weights they have."""
FILES = (*(f"{graph}.onnx" for graph in WEIGHTS_OF), ABOUT)

_FORMAT = 1
_LIST = "export.json"
_SOURCES = (
    *("autoencoder.py", "positions.py", "transformer.py", "runtimes/evaluation.py"),
    *("onnx/export.py", "onnx/quantise.py"),
)
_MOST_ABOUT = 1 << 24  # bytes


@dataclass(frozen=True)
class Export:
    """An export that is there and whole."""

    folder: Path
    positions: Mapping[str, Any]
    """As `model.positions.RotaryPositions.tables` gave them."""
    sources: Mapping[str, Mapping[str, list[str]]]
    """Per graph: initializer -> names of the weights that it is, one behind the other."""

    def graph(self, name: str) -> Path:
        """File of a graph."""
        return self.folder / f"{name}.onnx"


def find_export(folder: Path, world: str, runtime: str) -> Export | None:
    """Return the export for `runtime` of the world in `folder` with this hash; None if there is none, or of another.

    Raises:
        WorldError: when that which stands in the world's folder is damaged; a damaged cache counts as none.
    """
    beside = folder / runtime
    if (digests := _listed(beside, world)) is not None:
        return _read(beside, digests)
    cached = cache_folder(world, runtime)
    try:
        return None if (digests := _listed(cached, world)) is None else _read(cached, digests)
    except WorldError:
        return None


@contextmanager
def finished_export(place: Path, world: str) -> Iterator[Path]:
    """Give a folder to write the files of an export to, which takes the place of `place` when all is ready.

    Raises:
        WorldError: no room, or a folder that cannot be written to.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".making-") as unfinished:
            made = Path(unfinished) / "made"
            made.mkdir()
            yield made
            list_files(made, world)
            shutil.rmtree(place, ignore_errors=True)
            made.rename(place)
    except OSError as error:
        raise WorldError(f"{place}: cannot be written ({error.strerror}); make room or choose another folder") from None


def write_about(folder: Path, positions: Mapping[str, Any], sources: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Write what stands beside the graphs, as in `Export`."""
    (folder / ABOUT).write_text(json.dumps({"sources": sources, "positions": positions}))


def list_files(folder: Path, world: str) -> None:
    """Note beside an export of the world with this hash what it consists of."""
    digests = {name: _digest(folder / name) for name in FILES}
    (folder / _LIST).write_text(json.dumps({"format": _FORMAT, "world": world, "files": digests}, indent=1))


def _listed(folder: Path, world: str) -> Mapping[str, str] | None:
    """Digests of an export of this world, by name; None where there is none."""
    try:
        listed = json.loads((folder / _LIST).read_bytes())
        return dict(listed["files"]) if (listed["format"], listed["world"]) == (_FORMAT, world) else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WorldError(f"{folder / _LIST}: not readable ({error}); export the world again") from None


def _read(folder: Path, digests: Mapping[str, str]) -> Export:
    """Open an export; raises WorldError when a file is missing or not the one that `digests` name."""
    for name in FILES:
        path = folder / name
        try:
            digest = _digest(path)
        except OSError as error:
            raise WorldError(f"{path}: not readable ({error.strerror}); export the world again") from None
        if digest != digests.get(name):
            raise WorldError(f"{path}: damaged or replaced (its SHA-256 is another); export the world again")
    path = folder / ABOUT
    try:
        if path.stat().st_size > _MOST_ABOUT:
            raise ValueError("it is too large")
        about = json.loads(path.read_bytes())
        sources = {graph: dict(about["sources"][graph]) for graph in WEIGHTS_OF}
        return Export(folder, dict(about["positions"]), sources)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WorldError(f"{path}: not readable ({error}); export the world again") from None


def cache_folder(world: str, runtime: str) -> Path:
    """Return where the export of the world with this hash is kept; of other code it would be another."""
    sources = b"".join((Path(__file__).parents[1] / name).read_bytes() for name in _SOURCES)
    digest = hashlib.sha256(world.encode() + b"\0" + sources).hexdigest()
    return platformdirs.user_cache_path("arvd", appauthor=False) / runtime / digest[:32]


def _digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
