"""Find out which runtime computes a world soonest on this machine."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from ..actions import parse_actions
from ..machine import use_threads
from ..runtime import has_fast_bfloat16
from ..world import Frame, World, load_world
from .names import GPU_RUNTIMES, RUNTIMES
from .packages import has_compiler
from .tuned import Timing, Tuning, remember

_PLAY = parse_actions("w*4, w+right*2, left*2")
_WARM_UP, _MEASURED = 12, 40  # frames
_REFERENCE = "eager-fp32"


def tune(folder: Path, progress: Callable[[str], None] = lambda what: None) -> Tuning:
    """Measure the world in `folder` on the processor in every runtime that is here, and remember the result.

    `progress` hears what is being measured. What has to be compiled is compiled, which takes a minute each.

    Raises:
        WorldError: a world that cannot be loaded, a compiler that fails.
    """
    most = torch.get_num_threads()
    timings: list[Timing] = []
    reference: Frame | None = None
    titles: set[str] = set()
    for runtime in sorted(RUNTIMES, key=lambda name: name != _REFERENCE):
        if runtime in GPU_RUNTIMES or (runtime.startswith("compiled") and not has_compiler()):
            continue
        if runtime.endswith("-fp32") and runtime != _REFERENCE and has_fast_bfloat16(torch.device("cpu")):
            continue  # no faster than the same in bf16, and as long in the making
        progress(runtime)
        world = load_world(str(folder), device="cpu", runtime=runtime)
        if world.runtime in titles:
            continue  # a processor without bf16 has no other precision
        titles.add(world.runtime)
        frame = world.start(seed=0).step(_PLAY[0])
        reference = frame if reference is None else reference
        for threads in sorted({1, max(1, most - 1), most}):
            use_threads(threads)
            took = _frame_ms(world)
            timings.append(Timing(runtime=runtime, threads=threads, frame_ms=took, psnr=_psnr(frame, reference)))
        use_threads(most)
    remember(world.hash, timings)
    return Tuning(tuple(timings))


def _frame_ms(world: World) -> float:
    session = world.start(seed=0)
    times = []
    for k in range(_WARM_UP + _MEASURED):
        before = time.perf_counter()
        session.step(_PLAY[k % len(_PLAY)])
        times.append(1000 * (time.perf_counter() - before))
    return statistics.median(times[_WARM_UP:])


def _psnr(frame: Frame, reference: Frame) -> float:
    error = float(np.mean((frame.astype(np.float64) - reference) ** 2))
    return min(100.0, float(10 * np.log10(255**2 / error))) if error else 100.0
