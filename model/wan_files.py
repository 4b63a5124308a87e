"""Published weights on disk: one safetensors file, or shards with an index. A pickle is never opened."""

import json
import re
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .errors import RunError

_SUFFIX, _INDEX_SUFFIX = ".safetensors", ".safetensors.index.json"
_SHARD = re.compile(r"[\w.-]{1,200}\.safetensors", re.ASCII)  # a plain name: it leads nowhere but beside the index


def read_wan(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, of an index, or of the folder that holds one of them, by name.

    The tensors lie in the files until they are used: nothing is copied.

    Raises:
        RunError: naming the file that is missing, damaged, no safetensors file, or at odds with the index.
    """
    index = _index(path)
    if index is None:
        return _load(wan_files(path)[0])
    held = _shards(index)
    tensors: dict[str, Tensor] = {}
    for file, names in held.items():
        tensors |= (shard := _load(file))
        if wrong := sorted(names ^ shard.keys()):
            raise RunError(
                f"{index}: does not agree with {file.name} about {wrong[0][:80]!r}; download both again from one place"
            )
    return tensors


def wan_files(path: Path) -> tuple[Path, ...]:
    """Files that hold the tensors, in the order of their names: what tells these weights from others.

    Raises:
        RunError: see `read_wan`.
    """
    if (index := _index(path)) is not None:
        return tuple(_shards(index))
    if path.is_dir():
        found = sorted(path.glob(f"*{_SUFFIX}"))
        if len(found) != 1:
            raise RunError(f"{path}: holds {len(found)} safetensors files and no index; name the file that is meant")
        return (found[0],)
    if not path.name.endswith(_SUFFIX):
        raise RunError(
            f"{path}: not a safetensors file; .pt, .pth, .bin and .ckpt are pickles, which can run code when they are "
            "opened: save their tensors as safetensors first"
        )
    return (path,)


def _index(path: Path) -> Path | None:
    """Index at `path` or in the folder `path`, if there is one."""
    if path.name.endswith(_INDEX_SUFFIX):
        return path
    try:
        found = sorted(path.glob(f"*{_INDEX_SUFFIX}")) if path.is_dir() else []
    except OSError as error:  # a name that is too long
        raise RunError(f"{str(path)[:80]}...: not readable ({error.strerror}); give another path") from None
    if len(found) > 1:
        raise RunError(f"{path}: holds {len(found)} indexes; name the one that is meant")
    return found[0] if found else None


def _shards(index: Path) -> dict[Path, set[str]]:
    """Files beside an index and the names that it says they hold."""
    try:
        table: Any = json.loads(index.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{index}: not readable ({error}); download it again") from None
    names = table.get("weight_map") if isinstance(table, dict) else None
    if not isinstance(names, dict) or not names:
        raise RunError(f"{index}: has no weight_map from names to files; download it again")
    held: dict[Path, set[str]] = {}
    for name, file in names.items():
        if not isinstance(file, str) or not _SHARD.fullmatch(file):
            raise RunError(f"{index}: says that {name[:80]!r} is in {str(file)[:80]!r}, no safetensors file beside it")
        held.setdefault(index.parent / file, set()).add(name)
    return dict(sorted(held.items()))


def _load(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise RunError(f"{path}: no such file; give a safetensors file, an index, or the folder that holds it")
    try:
        return load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        first = str(error).partition("\n")[0]
        raise RunError(f"{path}: no readable safetensors file ({first}); download it again") from None
