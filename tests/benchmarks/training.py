"""`python -m tests.benchmarks.training [--threads 1 2] [--steps N]`: time and memory of teacher-forced training.

Steps of the AR stage of the tiny recipe, on noise: by which layers are compiled and which activations are kept. Then
the attention of one layer, forward and backward, against the same under a dense mask. Each row runs in a process of its
own, so that its peak of memory is its own.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

WAYS = ("eager", "eager checkpointed", "compiled", "compiled checkpointed")
ATTENTION = ("by frame", "dense")


def main(argv: list[str] | None = None) -> int:
    """Print one line per way and number of threads, or measure the one that is asked for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.training", description="Speed of training.")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--steps", type=int, default=10, help="steps to time, after three that warm up")
    parser.add_argument("--way", choices=(*WAYS, *ATTENTION), help="measure this alone, in this process")
    arguments = parser.parse_args(argv)
    if arguments.way is not None and len(arguments.threads) == 1:
        measure(arguments.way, arguments.threads[0], arguments.steps)
        return 0
    for threads in arguments.threads:
        for way in (*WAYS, *ATTENTION) if arguments.way is None else (arguments.way,):
            asked = ["--way", way, "--threads", str(threads), "--steps", str(arguments.steps)]
            subprocess.run([sys.executable, "-m", "tests.benchmarks.training", *asked], check=True)
    return 0


def measure(way: str, threads: int, steps: int) -> None:
    """Print one line."""
    import torch

    torch.set_num_threads(threads)
    said = _attention(way, steps) if way in ATTENTION else _stage(way, steps)
    print(f"{way}, {threads} thread{'s' * (threads > 1)}: {said}", flush=True)


def _stage(way: str, steps: int) -> str:
    """Updates of the AR model, as `training.loop` makes them."""
    import torch

    from training.optimizers import build_optimizers
    from training.recipes import tiny
    from training.stages.autoregressive import AutoregressiveStage
    from training.utilisation import UtilisationMeter

    from .random_latents import random_latents

    config = tiny().ar[0]
    config = replace(
        config,
        compiled="compiled" in way,
        checkpointed="checkpointed" in way,
        context=replace(config.context, recycled=0),  # how often is drawn: it would differ from step to step
    )
    stage = AutoregressiveStage(random_latents(config.model, 500), config, torch.device("cpu"))
    optimizers = build_optimizers(stage.model, config.loop.optimizer)
    before, numbers = _peak(), iter(range(10**6))
    meter = UtilisationMeter(torch.device("cpu"))

    def update() -> None:
        with meter.step():
            for optimizer in optimizers:
                optimizer.zero_grad(set_to_none=True)
            stage.loss(next(numbers))[0].backward()  # type: ignore[no-untyped-call] # torch leaves it unannotated
            for optimizer in optimizers:
                optimizer.step()

    first, best, median = _timed(update, steps)
    wait = meter.reading()["data_wait"]
    return (
        f"{best:.3f} s per step at best, {median:.3f} s median, the first {first:.0f} s; "
        f"{_peak() - before:.2f} GB over {before:.2f} GB; {wait:.2%} waits for data"
    )


def _attention(way: str, steps: int) -> str:
    """Attention of a layer, compiled, on a batch of the recipe."""
    import torch
    import torch.nn.functional as F
    from torch import Tensor

    from model.clip_attention import TeacherForced
    from model.flexible_attention import seen_frames
    from model.transformer import Transformer
    from training.metrics.products import ProductCounter
    from training.recipes import tiny

    config = tiny().ar[0]
    context, model, frames = config.context, config.model, config.context.frames - 1
    shape = (context.batch, 2 * frames * model.tokens, model.heads, model.head_dim)
    q, k, v, gradient = (torch.randn(shape).bfloat16() for _ in range(4))
    qkv = [x.requires_grad_() for x in (q, k, v)]
    poses = torch.zeros(context.batch, frames + 1, 2)
    by_frame = TeacherForced(Transformer(model).positions, poses, context.sink, context.window)
    seen = seen_frames(frames, context.sink, context.window).repeat_interleave(model.tokens, 0)
    mask = seen.repeat_interleave(model.tokens, 1)

    def dense(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(*(x.transpose(1, 2) for x in (q, k, v)), attn_mask=mask).transpose(1, 2)

    attend = torch.compile(dense if way == "dense" else lambda q, k, v: by_frame(0, q, k, v))

    def update() -> None:
        torch.autograd.grad(attend(*qkv), qkv, gradient)

    first, best, median = _timed(update, steps)
    with ProductCounter() as counter:
        update()
    flops = sum(counter.flops().values())
    return (
        f"{1e3 * best:.1f} ms at best, {1e3 * median:.1f} ms median, the first {first:.0f} s; {flops / 1e9:.1f} GFLOP"
    )


def _timed(run: Callable[[], Any], times: int) -> tuple[float, float, float]:
    """Seconds of the first run, of the best and of the median one after three."""
    seconds = []
    for _ in range(3 + times):
        before = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - before)
    return seconds[0], min(seconds[3:]), statistics.median(seconds[3:])


def _peak() -> float:
    """Largest resident memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.exit(main())
