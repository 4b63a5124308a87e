"""How cost grows: generators of several sizes with random weights, made without files, each playing a few frames.

The transformer alone, in a full context of `SINK` + `WINDOW` frames, computed as it was trained (eager). No picture is
decoded.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from model.actions import ACTION_SIZE
from model.positions import RotaryPositions
from model.runtime import Runtime
from model.runtimes.projection import fuse_projections
from model.sampler import Sample, SamplerConfig
from model.transformer import PATCH, Transformer, TransformerConfig
from model.walk import Newest, Walk
from model.wan import WAN_1_3B

from .footprint import free_mb, measure_footprint
from .limit import measure_limit
from .playable import ignore
from .products import ProductCounter, product_rate, wait

SIZES = {
    "5 M": TransformerConfig(width=192, depth=11, heads=3, ffn=768),
    "10 M": TransformerConfig(width=256, depth=12, heads=4, ffn=1024),
    "30 M": TransformerConfig(width=384, depth=16, heads=6, ffn=1536),
    "100 M": TransformerConfig(width=640, depth=20, heads=10, ffn=2560),
    "300 M": TransformerConfig(width=1024, depth=24, heads=16, ffn=4096),
    "1.3 B": WAN_1_3B,
}
"""Generators by their parameters; the last counts Wan's cross-attention to text, which ours has no use for."""

TOKENS = {40: (8, 20), 240: (24, 40), 1560: (60, 104)}
"""Rows and columns of the latent by tokens per frame: pictures of 160x64, 320x192 and 832x480."""

SINK, WINDOW = 1, 9

_SHORT_OF_PEAK = 2.0  # at least so many times the time at the rate of one large product is what a frame takes
_NOISE = 1 << 20  # distinct random numbers; more would only take longer to draw


@dataclass(frozen=True, kw_only=True)
class GrowthConfig:
    """How much is measured."""

    frames: int = 4
    """Timed of each; of large generators as many as there is time for."""
    steps: int = 2
    """Evaluations per frame."""
    seed: int = 0
    seconds: float = 60.0
    """That the frames of one generator may take."""


@dataclass(frozen=True)
class Point:
    """One generator."""

    size: str
    parameters: int
    tokens: int
    """Per frame."""
    frames: int
    """That were timed."""
    ms: float
    """Median time of a frame."""
    limit_ms: float
    """Time of its products, each bare in its own shape."""
    peak_ms: float
    """Time of its products at the rate of one large product."""
    ratio_to_limit: float
    gflop: float
    """10^9 floating-point operations of a frame."""
    memory_mb: float | None
    """Of this process, or of the GPU where it runs there."""


@dataclass(frozen=True)
class Growth:
    """Result of `measure_growth`."""

    runtime: str
    device: str
    threads: int
    steps: int
    points: list[Point]
    left_out: dict[str, str]
    """Generators that this machine has no memory or no time for, with the reason."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def measure_growth(runtime: Runtime, config: GrowthConfig, *, progress: Callable[[str], None] = ignore) -> Growth:
    """Measure every size at every number of tokens; nothing else should load the machine meanwhile."""
    points: list[Point] = []
    left_out: dict[str, str] = {}
    rate = product_rate(runtime.device, runtime.dtype)
    for name, size in SIZES.items():
        for tokens, (rows, columns) in TOKENS.items():
            shape = replace(size, rows=rows, columns=columns)
            label = f"{name}, {tokens} tokens"
            progress(label)
            frame_seconds = _SHORT_OF_PEAK * frame_flops(shape, config.steps) / rate
            why = _lack(shape, frame_seconds, runtime, config)
            if why is None:
                frames = max(1, min(config.frames, int(config.seconds / frame_seconds) - 1))
                points.append(_measure(name, shape, frames, runtime, config))
                gc.collect()  # or the next finds its memory taken
            else:
                left_out[label] = why
    return Growth(
        runtime=runtime.title,
        device=runtime.device.type,
        threads=torch.get_num_threads(),
        steps=config.steps,
        points=points,
        left_out=left_out,
    )


def frame_flops(shape: TransformerConfig, steps: int) -> float:
    """Floating-point operations of a frame with a full context, embeddings left aside."""
    layer = 4 * shape.width**2 + 2 * shape.width * shape.ffn
    seen = (SINK + WINDOW + 1) * shape.tokens
    token = 2 * shape.depth * (layer + 2 * shape.width * seen)
    return float((steps + 1) * shape.tokens * token)  # the newest frame is written with the first evaluation


def needed_mb(shape: TransformerConfig, dtype: torch.dtype) -> float:
    """Memory that playing a generator takes: weights, with queries, keys and values joined beside them, and frames."""
    width, layers = shape.width, shape.depth
    weights = layers * (7 * width**2 + 2 * width * shape.ffn) + 8 * width**2
    kept = 4 * layers * (2 * SINK + WINDOW + 1) * shape.tokens * width  # keys and values, as they are and rotated
    at_work = 2 * shape.tokens * (2 * shape.ffn + 16 * width)
    return float((weights + kept + at_work) * dtype.itemsize) / 2**20


def random_transformer(shape: TransformerConfig, runtime: Runtime, generator: torch.Generator) -> Transformer:
    """A generator with small random weights, made where it runs, never larger than in its own precision."""
    with torch.device("meta"):
        model = Transformer(shape)
    model.to(runtime.dtype).to_empty(device=runtime.device)
    model.positions = RotaryPositions(shape.positions, shape.head_dim, shape.rows // PATCH, shape.columns // PATCH)
    noise = (0.02 * torch.randn(_NOISE, generator=generator)).to(runtime.device, runtime.dtype)
    with torch.no_grad():
        for parameter in model.parameters():
            for part in torch.split(parameter.view(-1), _NOISE):
                part.copy_(noise[: len(part)])
    fuse_projections(model)
    return model.eval()


@torch.inference_mode()
def _measure(name: str, shape: TransformerConfig, frames: int, runtime: Runtime, config: GrowthConfig) -> Point:
    generator = torch.Generator().manual_seed(config.seed)
    model = random_transformer(shape, runtime, generator)
    step = _play(model, config.steps, generator)
    with ProductCounter() as counter:
        step()
    times = []
    for _ in range(frames):
        wait(runtime.device)
        before = time.perf_counter()
        step()
        wait(runtime.device)
        times.append(1000 * (time.perf_counter() - before))
    memory = measure_footprint(runtime.device)
    limit = measure_limit(counter.products, runtime.device)
    ms = float(np.median(times))
    return Point(
        size=name,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        tokens=shape.tokens,
        frames=frames,
        ms=ms,
        limit_ms=limit.limit_ms,
        peak_ms=limit.peak_ms,
        ratio_to_limit=ms / limit.limit_ms,
        gflop=sum(limit.gflops.values()),
        memory_mb=memory.rss_mb if memory.vram_mb is None else memory.vram_mb,
    )


def _play(model: Transformer, steps: int, generator: torch.Generator) -> Callable[[], Sample[Tensor]]:
    """Return what draws the next frame of a walk whose context is full."""
    shape, device = model.config, model.patch_embedding.weight.device
    walk, sampler = Walk(model, sink=SINK, window=WINDOW), SamplerConfig()
    cache = walk.cache
    cache.load(cache.keys, cache.values, cache.poses, SINK + WINDOW)
    pose, vector = torch.zeros(2, dtype=torch.float64), torch.zeros(1, 1, ACTION_SIZE, device=device)

    def draw() -> Tensor:
        return torch.randn((1, 1, shape.latent_channels, shape.rows, shape.columns), generator=generator).to(device)

    walk.newest = Newest(draw(), vector, pose)
    timesteps = sampler.timesteps(steps)
    return lambda: walk.step(vector, pose, sampler.kind, timesteps, draw)


def _lack(shape: TransformerConfig, frame_seconds: float, runtime: Runtime, config: GrowthConfig) -> str | None:
    """What this machine lacks for a generator; None when it can be measured."""
    free, needed = free_mb(runtime.device), needed_mb(shape, runtime.dtype)
    if free is not None and needed > free:
        return f"needs about {needed / 1024:.1f} GB of memory and {free / 1024:.1f} are free"
    if 2 * frame_seconds > config.seconds:
        return f"a frame would take about {frame_seconds:.0f} s"
    return None
