"""How fast a world plays, stage by stage, for how long, at what cost, and how far that is from its bare products."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from model.actions import parse_actions
from model.errors import WorldError
from model.onnx.session import OnnxSession
from model.onnx.world import OnnxWorld
from model.opening import open_world
from model.session import Session
from model.world import World

from .energy import Energy, EnergyMeter
from .footprint import Footprint, measure_footprint, resident_mb
from .limit import Limit, count_frame, measure_limit
from .playable import ignore
from .products import best_seconds

EARLY = slice(50, 150)
"""Frames that the last ones are compared with."""

LATE = 100
"""How many last frames are compared."""

_PLAY = parse_actions("w*6, w+right*3, left*3")


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    """How much is measured."""

    frames: int = 100
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Flatness:
    """Frames 50 to 150 against the last 100 of a long play."""

    early_ms: float
    """Median time of a frame."""
    late_ms: float
    ratio: float
    """`late_ms` over `early_ms`."""
    early_rss_mb: float | None
    """Resident memory after those frames."""
    late_rss_mb: float | None


@dataclass(frozen=True)
class Speed:
    """Result of `measure_speed`; times in milliseconds."""

    world: str
    device: str
    runtime: str
    threads: int
    """That a product is split over on a CPU."""
    steps: int
    frames: int
    fps: float
    """Frames over the seconds that all of them took."""
    frame_ms: dict[str, float]
    """Mean, p50, p95 and p99 from one picture to the next, played without a pause."""
    latency_ms: dict[str, float]
    """The same from an action that is taken to the pixels of its picture."""
    stage_ms: dict[str, float]
    """Median of each stage of a step, in order, after `encode` (of a start picture, not part of a step)."""
    memory: Footprint
    """After the last frame."""
    energy: Energy
    """Of one frame."""
    flatness: Flatness | None
    """None where too few frames were played to tell."""
    limit: Limit
    ratio_to_limit: float
    """Mean frame time over the time of its products, each bare in its own shape."""
    ratio_to_peak: float
    """Mean frame time over that of its products at the rate of one large product."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Times:
    """What each frame of a play took, in milliseconds; single precision, for plays may be long."""

    frame: npt.NDArray[np.float32]
    """(frames,), from picture to picture."""
    latency: npt.NDArray[np.float32]
    """(frames,), from action to picture."""
    stages: dict[str, npt.NDArray[np.float32]]
    """(frames,) each; 0 where a frame had no such stage."""
    rss_mb: tuple[float | None, float | None]
    """After the early frames and after the last."""


def measure_speed(world: World | OnnxWorld, config: SpeedConfig, *, progress: Callable[[str], None] = ignore) -> Speed:
    """Play `frames` frames with a full context and time them; nothing else should load the machine meanwhile."""
    device = torch.device(world.device)
    session = world.start(seed=config.seed, steps=config.steps)
    with EnergyMeter(device) as meter:
        times = play(session, config.frames, progress)
    memory = measure_footprint(device)
    encode_ms = _encode_ms(world, device)
    progress("products, each by itself")
    dtype = world.dtype if isinstance(world, World) else torch.float32
    counter = count_frame(world.folder, dtype, device=world.device, steps=config.steps, seed=config.seed)
    limit = measure_limit(counter.products, device, eight_bits=world.runtime == "onnx int8")
    mean = float(times.frame.mean(dtype=np.float64))
    return Speed(
        world=world.spec.name,
        device=world.device,
        runtime=world.runtime,
        threads=world.machine.threads,
        steps=session.steps,
        frames=config.frames,
        fps=1000 / mean,
        frame_ms=_spread(times.frame),
        latency_ms=_spread(times.latency),
        stage_ms={"encode": encode_ms} | {name: float(np.median(taken)) for name, taken in times.stages.items()},
        memory=memory,
        energy=meter.energy.per_frame(config.frames),
        flatness=compare_ends(times),
        limit=limit,
        ratio_to_limit=mean / limit.limit_ms,
        ratio_to_peak=mean / limit.peak_ms,
    )


def measure_runtimes(
    world: str,
    runtimes: Sequence[str],
    config: SpeedConfig,
    *,
    device: str = "auto",
    progress: Callable[[str], None] = ignore,
) -> tuple[dict[str, Speed], dict[str, str]]:
    """Measure a world by several runtimes, each in a process of its own, so that memory and threads are its own.

    Returns results and, for runtimes that this machine turns out to lack, the reason, both by runtime.
    """
    results, left_out = {}, {}
    for name in runtimes:
        progress(name)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as process:
            try:
                threads = torch.get_num_threads()
                results[name] = process.submit(_measure_apart, world, device, name, config, threads).result()
            except WorldError as error:
                left_out[name] = str(error)
    return results, left_out


def play(session: Session | OnnxSession, frames: int, progress: Callable[[str], None] = ignore) -> Times:
    """Fill the context, then play without a pause and note what each frame takes."""
    for k in range(session.world.spec.sink + session.world.spec.window + 1):
        session.step(_PLAY[k % len(_PLAY)])
    frame, latency = np.zeros(frames, np.float32), np.zeros(frames, np.float32)
    stages = {name: np.zeros(frames, np.float32) for name in session.timings}
    early_rss = None
    shown = time.perf_counter()
    for k in range(frames):
        if k % 16 == 0:
            progress(f"frame {k + 1}/{frames}")
        asked = time.perf_counter()
        session.step(_PLAY[k % len(_PLAY)])
        before, shown = shown, time.perf_counter()
        frame[k], latency[k] = 1000 * (shown - before), 1000 * (shown - asked)
        for name, taken in session.timings.items():
            stages[name][k] = taken
        if k + 1 == EARLY.stop:
            early_rss = resident_mb()
    return Times(frame, latency, stages, (early_rss, resident_mb()))


def compare_ends(times: Times) -> Flatness | None:
    """Early frames against the last ones; None if they would be the same."""
    if len(times.frame) < EARLY.stop + LATE:
        return None
    early, late = float(np.median(times.frame[EARLY])), float(np.median(times.frame[-LATE:]))
    return Flatness(early, late, late / early, *times.rss_mb)


def _measure_apart(world: str, device: str, runtime: str, config: SpeedConfig, threads: int) -> Speed:
    torch.set_num_threads(threads)  # as many as here; what was found to pay is for playing beside other programs
    return measure_speed(open_world(world, device=device, runtime=runtime, threads=threads), config)


def _spread(times: npt.NDArray[np.float32]) -> dict[str, float]:
    p50, p95, p99 = (float(value) for value in np.percentile(times, [50, 95, 99]))
    return {"mean": float(times.mean(dtype=np.float64)), "p50": p50, "p95": p95, "p99": p99}


def _encode_ms(world: World | OnnxWorld, device: torch.device) -> float:
    picture = world.picture(None)[None]
    return 1000 * best_seconds(lambda: world.encode(picture), device)
