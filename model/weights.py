"""Weights of a safetensors file, in a module that is built only once the file is known to hold just these.

`world.toml` says how large a module is. Built first and filled then, a file of a few bytes would take all memory.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import nn

from .errors import WorldError

Module = TypeVar("Module", bound=nn.Module)


def with_weights(build: Callable[[], Module], path: Path) -> Module:
    """Return what `build` makes, with the weights in `path`; raises WorldError where these are not its own."""
    with torch.device("meta"):  # shapes without memory
        wanted = {name: tuple(tensor.shape) for name, tensor in build().state_dict().items()}
    try:
        if fault := _difference(wanted, _shapes(path)):
            raise WorldError(f"{path}: does not fit world.toml ({fault}); install the world again")
        weights: dict[str, Any] = load_file(path)
        module = build()
        module.load_state_dict(weights, strict=True)
    except (SafetensorError, RuntimeError, OSError) as error:
        first = str(error).splitlines()[0]
        raise WorldError(f"{path}: does not fit world.toml ({first}); install the world again") from None
    return module


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Shapes of the tensors in a file, by name, from its header."""
    with safe_open(path, "pt") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping


def _difference(wanted: dict[str, tuple[int, ...]], found: dict[str, tuple[int, ...]]) -> str:
    """Name the first thing that differs; empty if nothing does."""
    if missing := sorted(wanted.keys() - found.keys()):
        return f"{missing[0]} is missing"
    if unknown := sorted(found.keys() - wanted.keys()):
        return f"{unknown[0][:80]!r} is unknown"
    wrong = (name for name, shape in wanted.items() if found[name] != shape)
    return next((f"{name} is {found[name]}, not {wanted[name]}" for name in wrong), "")
