"""`python -m tests.benchmarks.distill_memory`: memory of one DMD update of the tiny recipe by length of the rollout.

One update is one of the critic and one of the student, at the recipe's batch. Each length runs in a process of its own,
so that its peak is its own.
"""

import argparse
import resource
import subprocess
import sys
import time
from dataclasses import replace

FRAMES = (8, 16, 32)


def main() -> int:
    """Print one line per length, or measure the one that is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.distill_memory")
    parser.add_argument("--frames", type=int, help="measure this length alone, in this process")
    parser.add_argument("--checkpointed", action="store_true")
    arguments = parser.parse_args()
    if arguments.frames is not None:
        measure(arguments.frames, checkpointed=arguments.checkpointed)
        return 0
    for checkpointed in ([], ["--checkpointed"]):
        for frames in FRAMES:
            command = [sys.executable, "-m", "tests.benchmarks.distill_memory", "--frames", str(frames), *checkpointed]
            subprocess.run(command, check=True)
    return 0


def measure(frames: int, *, checkpointed: bool) -> None:
    """Print the peak resident memory of one update, beside that of the process before it."""
    import torch

    from model.transformer import Transformer
    from training.recipes import tiny
    from training.stages.distill import DistillStage

    from .random_latents import random_latents

    config = tiny().distill
    assert config is not None
    context = replace(config.context, frames=frames)
    config = replace(config, context=context, checkpointed=checkpointed, compiled=False)
    model = config.model
    cache = random_latents(model, 4 * frames)
    weights = Transformer(model).state_dict()
    stage = DistillStage(cache, config, torch.device("cpu"), start=weights, teacher=weights)
    before, started = _peak(), time.monotonic()
    stage.critic.loss(0, 0)[0].backward()
    stage.loss(0)[0].backward()
    name = "checkpointed" if checkpointed else "plain"
    print(
        f"{frames} frames, batch {context.batch}, {name}: {_peak() - before:.2f} GB over {before:.2f} GB, "
        f"{time.monotonic() - started:.0f} s",
        flush=True,
    )


def _peak() -> float:
    """Largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.exit(main())
