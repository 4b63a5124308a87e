"""`arvd-train idm`: train an inverse-dynamics model on footage and say how well it reads footage that it never saw."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from model.actions import KEYS
from model.errors import DataError
from model.footage.clip import Dataset
from model.footage.subset import Subset

from ..data.digest import dataset_digest
from ..data.fitted import open_footage
from ..data.stats import measure_stats
from ..inverse_dynamics import InverseDynamicsModel, TrainedOn, save_inverse_dynamics
from ..loop import train
from ..metrics.following import score
from ..metrics.rolled import real_runs
from ..metrics.tables import open_console
from ..metrics.tables_following import print_scores
from ..stages.inverse_dynamics import InverseDynamicsStage, InverseDynamicsStageConfig

_HELD_SHARE = 0.05  # of the clips, the last by name, at least one


def train_idm(
    data: str | Path,
    out: Path,
    root: Path,
    *,
    config: InverseDynamicsStageConfig,
    device: torch.device,
    stop: Callable[[], bool],
) -> int:
    """Train on the clips of `data`, or go on with the run in `root`; write the model to `out`. Returns the exit code.

    The keys that are read are those that the footage holds at times, whatever `config` names.

    Raises:
        DataError: when the footage cannot be used, or has too few clips or no key held.
        RunError: when `root` belongs to another run.
    """
    whole = open_footage(data, config.model.size)
    count = len(whole.names)
    held = max(1, round(_HELD_SHARE * count))
    if count <= held:
        raise DataError(f"{data}: holds 1 clip, but one to train on and one to test on are needed; add clips")
    footage, unseen = (Subset(whole, tuple(part)) for part in (range(count - held), range(count - held, count)))
    shares = measure_stats(footage).key_shares
    keys = tuple(key for key in KEYS if 0 < shares[key] < 1)
    if not keys:
        raise DataError(f"{data}: no key is held at times and released at times; add clips of other play")
    config = replace(config, model=replace(config.model, keys=keys))
    stage = InverseDynamicsStage(footage, config, device, key_shares=shares)
    digest = dataset_digest(footage)
    steps = train(stage, config.loop, root, stop, origin={"dataset": digest})
    if steps < config.loop.steps:
        print("idm: stopped; start the same command again to resume", file=sys.stderr)
        return 0
    model = stage.ema
    model.trained_on = TrainedOn(
        dataset=digest, clips=len(footage.names), frames=sum(footage.frame_counts), steps=steps, fps=footage.fps
    )
    save_inverse_dynamics(out, model)
    print(f"wrote {out}")
    _print_held_out(model.eval(), unseen)
    return 0


def _print_held_out(model: InverseDynamicsModel, footage: Dataset) -> None:
    pairs = [real_runs(footage.read(i), model) for i in range(len(footage.names))]
    scores = score(model.config.keys, [pair[0] for pair in pairs], [pair[1] for pair in pairs], seed=0)
    print_scores(open_console(), f"Keys read from {len(pairs)} clips that were held out", scores)
