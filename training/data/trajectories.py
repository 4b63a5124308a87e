"""A teacher's ODE trajectories on disk: what the initialisations by regression learn from, and what they cost.

Each shard holds a few clips with their walk from pure noise along the teacher's probability flow: the states at the
student's timesteps and the end. A shard is a pure function of recipe and number, so a stopped making goes on where it
stood, and what is there is checked against what it was made from.

Letters: b batch, f frames, k kept states, c h w latent channels, height, width.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from model.errors import DataError, RunError
from model.files import write_atomically

from ..logs import Steps
from .latents import ClipBatch


@dataclass(frozen=True)
class Trajectories:
    """Walks from noise to the teacher's clip, with the real clips that they are conditioned on."""

    clip: ClipBatch
    """Real clips of f frames; all f frames (causal teacher) or the first alone (bidirectional) were seen."""
    states: Tensor
    """(b, k + 1, f-1, c, h, w) float16: frames 1..f-1 at the k kept timesteps, and the end."""

    def pick(self, rows: Tensor) -> "Trajectories":
        """Some of the walks, in single precision."""
        clip = self.clip
        chosen = ClipBatch(
            clip.latents[rows].float(), clip.actions[rows], clip.turned[rows].float(), clip.contiguous[rows]
        )
        return Trajectories(chosen, self.states[rows].float())


def make_trajectories(
    folder: Path,
    shards: int,
    made_from: dict[str, Any],
    make: Callable[[int], Trajectories],
    stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Write the shards that `folder` lacks, `make(number)` each; returns whether all are there.

    Raises:
        RunError: when a shard was made from something else, or the disk cannot be written.
    """
    with Steps("trajectories", shards, "shards") as steps:
        for number in range(shards):
            path = _path(folder, number)
            if not path.is_file():
                if stop():
                    return False
                started = time.monotonic()
                made = make(number)
                tensors = {
                    "latents": made.clip.latents.half(),
                    "actions": made.clip.actions,
                    "turned": made.clip.turned,
                    "contiguous": made.clip.contiguous,
                    "states": made.states.half(),
                }
                tensors = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
                about = {"made_from": json.dumps(made_from), "seconds": f"{time.monotonic() - started:.2f}"}
                write_atomically(path, save(tensors, about))
            elif json.loads(_about(path)["made_from"]) != json.loads(json.dumps(made_from)):
                raise RunError(f"{path}: was made from another recipe or teacher; delete {folder} to make it again")
            steps.advance()
    return True


def read_trajectories(folder: Path, shards: int) -> Trajectories:
    """Load all shards; raises DataError when one is missing or damaged."""
    parts: list[dict[str, Tensor]] = []
    for number in range(shards):
        path = _path(folder, number)
        try:
            with safe_open(path, framework="pt") as file:
                parts.append({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - not a dict
        except (OSError, SafetensorError) as error:
            raise DataError(f"{path}: not readable ({error}); delete it to have it made again") from None
    joined = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
    clip = ClipBatch(joined["latents"], joined["actions"], joined["turned"], joined["contiguous"])
    return Trajectories(clip, joined["states"])


def stored(folder: Path) -> tuple[int, float]:
    """Bytes of all trajectories in `folder`, and the seconds that making them took."""
    paths = sorted(folder.glob("*.safetensors"))
    return sum(path.stat().st_size for path in paths), sum(float(_about(path)["seconds"]) for path in paths)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.safetensors"


def _about(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            about: dict[str, str] = file.metadata() or {}
        if not {"made_from", "seconds"} <= about.keys():
            raise ValueError("it does not say what it was made from")
    except (OSError, ValueError, SafetensorError) as error:
        raise DataError(f"{path}: not readable ({error}); delete it to have it made again") from None
    return about
