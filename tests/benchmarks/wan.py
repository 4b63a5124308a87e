"""`python -m tests.benchmarks.wan [--json FILE]`: a model of Wan2.1-1.3B's shape, by us and as published.

Random weights, frame-wise, 480x832, 2 steps, a window of 9 frames and a sink of 1, on whatever machine this is; latent
frames a second without a decoder, as published numbers leave it out too. What is published reads a text besides, which
a world of ours does not; it is measured with and without, so that nobody has to take our word for what that is worth.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from model.actions import ACTION_SIZE
from model.noise import Noise
from model.runtimes.cuda_graph import GraphEvaluator
from model.runtimes.projection import fuse_projections
from model.sampler import SamplerConfig
from model.transfer import upload
from model.transformer import Transformer, TransformerConfig
from model.walk import Evaluator, ModelEvaluator, Newest, Walk
from model.wan import WAN_1_3B
from tests.benchmarks.published import Published, Rollout

SINK, WINDOW, STEPS = 1, 9, 2

Net = TypeVar("Net", bound=torch.nn.Module)

TINY = replace(WAN_1_3B, latent_channels=4, rows=4, columns=6, width=48, depth=2, heads=2, ffn=96)


@dataclass(frozen=True)
class Rates:
    """Latent frames a second with a full window."""

    device: str
    frames: int
    ours: dict[str, float]
    """By runtime."""
    published: float
    published_without_text: float
    ratio: float
    """The best of ours to what is published."""
    ratio_without_text: float


def measure(
    config: TransformerConfig,
    device: torch.device,
    dtype: torch.dtype,
    *,
    frames: int,
    compiled: bool,
    progress: Callable[[str], None] = lambda what: None,
) -> Rates:
    """Run both, one after the other, each with the machine's memory to itself."""
    torch.manual_seed(0)
    evaluators: dict[str, Callable[[Transformer], Evaluator]] = {"eager": ModelEvaluator, "cuda-graph": GraphEvaluator}
    if compiled:
        evaluators["cuda-compiled"] = lambda model: GraphEvaluator(model, compiled=True)
    ours = {}
    model = random_weights(lambda: Transformer(config), device, dtype)
    fuse_projections(model)
    for name, make in evaluators.items():
        progress(name)
        ours[name] = rate(our_steps(model, make(model)), frames, device)
    del model
    published = {}
    for text in (True, False):
        progress(f"published, {'with' if text else 'without'} text")
        theirs = random_weights(lambda text=text: Published(config, text=text), device, dtype)
        steps = SamplerConfig().steps[str(STEPS)]
        published[text] = rate(Rollout(theirs, sink=SINK, window=WINDOW, steps=steps).step, frames, device)
        del theirs
    best = max(ours.values())
    name = torch.cuda.get_device_name() if device.type == "cuda" else device.type
    return Rates(name, frames, ours, *published.values(), best / published[True], best / published[False])


def random_weights(make: Callable[[], Net], device: torch.device, dtype: torch.dtype) -> Net:
    """A network with small random weights, made where it runs."""
    with torch.device(device):
        model = make()
    for parameter in model.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=1 / math.sqrt(parameter.flatten(1).shape[1]))
    return model.to(dtype).eval().requires_grad_(False)


def our_steps(model: Transformer, evaluator: Evaluator, *, idle: bool = False) -> Callable[[], Tensor]:
    """What draws the next frame of a walk, as a session does, or as it does while no hand does anything."""
    config, device, noise, sampler = model.config, model.patch_embedding.weight.device, Noise(0), SamplerConfig()
    walk = Walk(model, sink=SINK, window=WINDOW, evaluator=evaluator)
    vector, pose = torch.zeros(1, 1, ACTION_SIZE, device=device), torch.zeros(2, dtype=torch.float64)

    def draw() -> Tensor:
        drawn = noise.draw((1, 1, config.latent_channels, config.rows, config.columns))
        return upload(torch.from_numpy(drawn), device)

    walk.give(Newest(draw(), vector, pose))
    return lambda: walk.step(vector, pose, sampler.kind, sampler.timesteps(STEPS), draw, idle=idle).latent


@torch.inference_mode()
def rate(step: Callable[[], Tensor], frames: int, device: torch.device) -> float:
    """Fill the window, then time frames that nobody looks at between."""
    for _ in range(SINK + WINDOW + 3):
        step()
    before = _now(device)
    for _ in range(frames):
        step()
    return frames / (_now(device) - before)


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def main(argv: list[str] | None = None) -> int:
    """Print the rates; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.wan")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--tiny", action="store_true", help="a few thousand weights, to see that it runs")
    parser.add_argument("--no-compile", action="store_true", help="leave out what takes a minute to compile")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args(argv)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rates = measure(
        TINY if arguments.tiny else WAN_1_3B,
        device,
        torch.bfloat16 if device.type == "cuda" else torch.float32,
        frames=arguments.frames,
        compiled=not arguments.no_compile,
        progress=lambda what: print(f"... {what}", flush=True),
    )
    print(json.dumps(asdict(rates), indent=2))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(asdict(rates), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
