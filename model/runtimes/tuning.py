"""Find out which runtime computes a world soonest on this machine."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Union

import numpy as np
import torch

from ..actions import parse_actions
from ..machine import most_threads, numbers_of_threads, use_threads
from ..opening import open_world
from ..runtime import card, has_fast_bfloat16
from ..world import Frame, World, load_world
from .names import GPU_RUNTIMES, ONNX_RUNTIMES
from .packages import has_compiler
from .tuned import Timing, Tuning, remember

if TYPE_CHECKING:
    from ..onnx.world import OnnxWorld

_PLAY = parse_actions("w*4, w+right*2, left*2")
_WARM_UP, _MEASURED = 12, 40  # frames
_REFERENCE = "eager-fp32"


def tune(folder: Path, progress: Callable[[str], None] = lambda what: None, *, device: str = "auto") -> Tuning:
    """Measure the world in `folder` in every runtime that is here, and remember the result.

    On the GPU where there is one, unless `device` is cpu. `progress` hears what is being measured, and what is left out
    since this machine turns out to lack something for it. What has to be compiled is compiled, which takes a minute
    each.

    Raises:
        WorldError: a world that cannot be loaded, a GPU that is not there.
    """
    gpu = "" if device == "cpu" else card()
    if device == "auto":
        device = "cuda" if gpu else "cpu"
    reference = load_world(str(folder), device=device, runtime=_REFERENCE)
    shown = reference.start(seed=0).step(_PLAY[0])
    timings: list[Timing] = []
    for runtime in _on_gpu() if gpu else _on_processor():
        progress(runtime)
        try:
            threads = [most_threads()] if gpu else numbers_of_threads()
            timings += _measure(folder, runtime, device, threads, shown)
        except Exception as error:  # a compiler or a runtime can think of anything; the others are still measured
            progress(f"{runtime} is left out: {error}")
        finally:
            use_threads(most_threads())
    remember(reference.hash, timings, gpu)
    return Tuning(tuple(timings))


def _on_gpu() -> list[str]:
    """Runtimes of a GPU, the reference first."""
    return [_REFERENCE, "eager", *GPU_RUNTIMES]


def _on_processor() -> list[str]:
    """Runtimes of the processor that are worth a try here, the reference first."""
    half = has_fast_bfloat16(torch.device("cpu"))  # which is not always sooner: without AMX it may be later
    compiled = ["compiled-fp32", *(["compiled"] if half else [])] if has_compiler() else []
    return [_REFERENCE, *(["eager"] if half else []), *compiled, *ONNX_RUNTIMES]


def _measure(folder: Path, runtime: str, device: str, threads: list[int], shown: Frame) -> list[Timing]:
    """Time one runtime with each number of threads; `shown` is the first frame by the reference."""
    found = []
    for count in threads:
        world = open_world(str(folder), device=device, runtime=runtime, threads=count)
        psnr = _psnr(world.start(seed=0).step(_PLAY[0]), shown)
        found.append(Timing(runtime=runtime, threads=count, frame_ms=_frame_ms(world), psnr=psnr))
    return found


def _frame_ms(world: Union[World, "OnnxWorld"]) -> float:
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
