"""How fast a world plays, stage by stage, and how far that is from the bare matrix products of a frame."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from model.actions import Action, parse_actions
from model.session import Session
from model.world import World

from .playable import ignore
from .products import ProductCounter, best_seconds, limit_seconds

_WARM_UP = 8
_PLAY = parse_actions("w*6, w+right*3, left*3")


@dataclass(frozen=True, kw_only=True)
class SpeedConfig:
    """How much is measured."""

    frames: int = 100
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Speed:
    """Result of `measure_speed`; times in milliseconds."""

    world: str
    device: str
    runtime: str
    steps: int
    frames: int
    fps: float
    frame_ms: dict[str, float]
    """p50, p95 and p99 of a whole `step`."""
    stage_ms: dict[str, float]
    """Median of each stage of a step, in order, after `encode` (of a start picture, not part of a step)."""
    gflops: dict[str, float]
    """10^9 floating-point operations of a frame's products, by kind."""
    rate_gflops: dict[str, float]
    """10^9 operations per second of a large matrix product, by precision."""
    limit_ms: float
    """Time of the frame's products alone at that rate."""
    ratio_to_limit: float
    """Median frame time over `limit_ms`."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def measure_speed(world: World, config: SpeedConfig, *, progress: Callable[[str], None] = ignore) -> Speed:
    """Play `frames` frames after a warm-up and time them; nothing else should load the machine meanwhile."""
    progress("products")
    device = torch.device(world.device)
    counter = count_products(world, config)
    limit, rates = limit_seconds(sorted(counter.flops().items(), key=str), device)
    session = world.start(seed=config.seed, steps=config.steps)
    for k in range(_WARM_UP):
        session.step(_action(k))
    frame_ms, stages = [], []
    for k in range(config.frames):
        progress(f"frame {k + 1}/{config.frames}")
        before = time.perf_counter()
        session.step(_action(k))
        frame_ms.append((time.perf_counter() - before) * 1000)
        stages.append(dict(session.timings))
    p50, p95, p99 = (float(value) for value in np.percentile(frame_ms, [50, 95, 99]))
    return Speed(
        world=world.spec.name,
        device=world.device,
        runtime=world.runtime,
        steps=session.steps,
        frames=config.frames,
        fps=1000 / float(np.mean(frame_ms)),
        frame_ms={"p50": p50, "p95": p95, "p99": p99},
        stage_ms={"encode": _encode_ms(world, device)} | _medians(stages),
        gflops={kind: count / 1e9 for kind, count in counter.by_kind().items()},
        rate_gflops={dtype: rate / 1e9 for dtype, rate in rates.items()},
        limit_ms=limit * 1000,
        ratio_to_limit=p50 / (limit * 1000),
    )


def count_products(world: World, config: SpeedConfig) -> ProductCounter:
    """Products of one frame with a full context, so that no frame of the play has more."""
    session: Session = world.start(seed=config.seed, steps=config.steps)
    for k in range(world.spec.sink + world.spec.window + 1):
        session.step(_action(k))
    counter = ProductCounter()
    with counter:
        session.step(_action(0))
    return counter


def _action(k: int) -> Action:
    return _PLAY[k % len(_PLAY)]


def _encode_ms(world: World, device: torch.device) -> float:
    picture = world.picture(None)[None]
    return 1000 * best_seconds(lambda: world.encode(picture), device)


def _medians(stages: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.median([stage.get(name, 0.0) for stage in stages])) for name in stages[-1]}
