"""Runs toy stages in child processes and ends them with SIGKILL at random moments, until one of them gets to its end.

    python -m tests.training.killed FOLDER KILLS

Leaves in FOLDER two runs of each kind of stage, `straight-KIND` that nobody killed and `broken-KIND`, and prints for
each kind how many children were killed. A stage runs on one thread. Each child is forked before torch has computed
anything, so that a run costs no import.
"""

import json
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from model.transformer import TransformerConfig
from training import logs
from training.data.latents import LatentCache
from training.data.mapped import LatentClip
from training.loop import LoopConfig, Stage, train
from training.optimizers import OptimizerConfig
from training.stages.autoregressive import AutoregressiveConfig, AutoregressiveStage
from training.stages.forcing import ContextConfig

from .toys import JudgedStage

KINDS = ("ar", "judged")
STEPS = 40
LOOP = LoopConfig(
    steps=STEPS,
    seed=5,
    optimizer=OptimizerConfig(kind="muon", lr=0.01, warmup=2),
    log_every=1,
    save_every=7,
    picture_every=20,
)


def random_latents() -> LatentCache:
    """Two clips of noise, as if encoded from frames of 32x48."""
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn((60, 4, 4, 6), generator=generator).half()
    actions = torch.rand((60, 11), generator=generator)
    clips = tuple(map(LatentClip, latents.split(30), actions.split(30)))
    return LatentCache("0" * 64, 16.0, (32, 48), ("a", "b"), (30, 30), clips)


def make_stage(kind: str, steps: int = STEPS) -> tuple[Stage, LoopConfig]:
    loop = replace(LOOP, steps=steps)
    if kind == "judged":
        return JudgedStage(loop), loop
    stage = AutoregressiveStage(
        random_latents(),
        AutoregressiveConfig(
            loop=loop,
            model=TransformerConfig(latent_channels=4, rows=4, columns=6, width=32, depth=2, heads=2, ffn=64),
            context=ContextConfig(window=3, frames=5, batch=2, sink_gap=3, noise=0.1, recycled=2),
            compiled=False,
        ),
        torch.device("cpu"),
    )
    return stage, loop


def run(kind: str, folder: Path) -> int:
    """Train to the end, or until killed; returns an exit code."""
    torch.set_num_threads(1)
    stage, config = make_stage(kind)
    return 0 if train(stage, config, folder) == config.steps else 1


def logged(folder: Path) -> int:
    path = folder / "log.jsonl"
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def main(folder: Path, kills: int) -> None:
    logs._tensorboard = lambda folder, resumed: None  # whose import would take longer than the runs
    killed = {}
    for kind in KINDS:
        assert run_until_done(kind, folder / f"straight-{kind}", 0) == 0
        killed[kind] = run_until_done(kind, folder / f"broken-{kind}", kills)
    print(json.dumps(killed))


def run_until_done(kind: str, folder: Path, kills: int) -> int:
    """Return how many children were killed; raises when one fails by itself."""
    rng, killed = random.Random(kind), 0
    while True:
        child, row = os.fork(), rng.randrange(STEPS)
        if child == 0:
            os._exit(run(kind, folder))
        while not (ended := os.waitpid(child, os.WNOHANG))[0]:
            if killed < kills and logged(folder) >= row:
                time.sleep(rng.uniform(0, 0.02))
                os.kill(child, signal.SIGKILL)
                ended = os.waitpid(child, 0)
                break
            time.sleep(0.001)
        if not os.WIFSIGNALED(ended[1]):
            assert os.waitstatus_to_exitcode(ended[1]) == 0
            return killed
        killed += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
