"""Run state on disk: one safetensors file per checkpoint, written aside and renamed, the previous one kept.

A file that was cut short or damaged is noticed by its digest; the one before it is used instead.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from model.files import write_atomically

from .distributed import spread

_KEPT = 2


@dataclass(frozen=True)
class Checkpoint:
    """Tensors by name, and what a run says of itself (plain JSON values)."""

    step: int
    tensors: Mapping[str, Tensor]
    recipe: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write `checkpoint-STEP.safetensors` into `folder` and keep only the one before it.

    A file of a later step can only be one that `load_newest` found damaged: it goes too.
    """
    tensors = {name: tensor.detach().contiguous().cpu() for name, tensor in checkpoint.tensors.items()}
    data = save(tensors, metadata={"step": str(checkpoint.step), "recipe": json.dumps(checkpoint.recipe)})
    path = folder / f"checkpoint-{checkpoint.step:08d}.safetensors"
    digest = hashlib.sha256(data).hexdigest()
    write_atomically(path.with_suffix(".sha256"), digest.encode())
    write_atomically(path, data)
    kept = [found for found in _checkpoints(folder) if found <= path][:_KEPT]
    for found in {*_checkpoints(folder)} - {*kept}:
        found.unlink()
        found.with_suffix(".sha256").unlink(missing_ok=True)
    for torn in folder.glob(".checkpoint-*.tmp"):  # left by a process that was killed while writing
        torn.unlink()
    return path


def load_newest(folder: Path, warn: Callable[[str], None]) -> Checkpoint | None:
    """Read the newest undamaged checkpoint of `folder`, or None; `warn` hears of each damaged one."""
    for path in _checkpoints(folder):
        try:
            return _load(path)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            warn(f"{path.name} is damaged ({error}); falling back to the checkpoint before it")
    return None


def _checkpoints(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.safetensors"), reverse=True)


def _load(path: Path) -> Checkpoint:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != path.with_suffix(".sha256").read_text().strip():
        raise ValueError("its SHA-256 differs from the one noted beside it")
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    return Checkpoint(int(metadata["step"]), tensors, json.loads(metadata["recipe"]))


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Put `prefix.` before every name."""
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}


def unprefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take the tensors whose names start with `prefix.`, without it."""
    cut = len(prefix) + 1
    return {name[cut:]: tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Flatten an optimiser's state into named tensors (`PARAMETER.KEY`)."""
    state = optimizer.state_dict()["state"]
    return {
        f"{parameter}.{key}": torch.as_tensor(value)
        for parameter, entries in state.items()
        for key, value in entries.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put back what `optimizer_tensors` took; the parameter groups stay those of the recipe."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, key = name.split(".", 1)
        parameter = parameters[int(number)]
        if tensor.shape == parameter.shape:
            # fused optimisers walk parameter and state side by side in memory, so their layouts must agree
            local = spread(tensor, parameter)
            tensor = torch.empty_like(parameter, dtype=tensor.dtype).copy_(local)
        state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
