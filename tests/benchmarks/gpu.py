"""`python -m tests.benchmarks.gpu [--json FILE]`: all that wants a GPU, in less than eight minutes and one JSON.

Whether the GPU's runtimes show what plain single precision shows, whether they ask the processor to wait within a
frame, which attention is fastest, frames a second of a small world, latent frames a second of a large one beside what
is published, and what eight bits are worth where the card multiplies them. A part that fails says so in the JSON and
leaves the rest to go on; returns 1 then. Without a GPU the same parts run on the processor as far as they can, which
shows that they run and nothing else.
"""

import argparse
import contextlib
import itertools
import json
import math
import os
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from model.actions import IDLE, parse_actions
from model.onnx.device import has_cuda
from model.onnx.world import load_onnx_world
from model.runtime import Runtime
from model.runtimes.attention_choice import measure_attentions
from model.runtimes.eight_bits import EIGHT_BITS, supports
from model.world import World
from model.world_spec import find_world, read_spec
from tests.benchmarks import wan

_PLAY = parse_actions("w*6, w+right*3, left*3")
_LEAST_PSNR = 35.0  # dB of a frame in bf16 against single precision
_SECONDS = 420.0  # after which nothing more is begun that takes a minute
_COMPILING = 60.0  # seconds, about, that one compiled runtime takes


class Session:
    """One run of everything."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.folder, self.frames, self.tiny = find_world(arguments.world), arguments.frames, arguments.tiny
        self.target: Path = arguments.json
        self.results: dict[str, Any] = {}
        self.began = time.perf_counter()
        self.half = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        compiles = self.device.type == "cuda" and not arguments.no_compile
        self.fast = ("cuda-graph", "cuda-compiled") if compiles else ("cuda-graph",)
        self.eight = in_eight_bits(self.device) if compiles else ()

    def world(self, name: str, dtype: torch.dtype) -> World:
        """The world by a runtime, whatever the machine."""
        return World(self.folder, read_spec(self.folder), Runtime(name, self.device, dtype))

    def part(self, name: str, measure: Callable[[], Any]) -> None:
        """Measure one part; what is there so far is on the disk afterwards."""
        print(f"== {name}", flush=True)
        before = time.perf_counter()
        try:
            value = {"value": measure()}
        except Exception as error:
            traceback.print_exc()
            value = {"failed": f"{type(error).__name__}: {error}"[:2000]}
        self.results[name] = value | {"seconds": round(time.perf_counter() - before, 1)}
        print(json.dumps(self.results[name]), flush=True)
        self.target.write_text(json.dumps(self.results, indent=2) + "\n")

    def run(self) -> int:
        """All parts, the most important first."""
        self.part("machine", self.machine)
        self.part("single precision is equal", self.single_precision)
        self.part("nobody waits within a frame", self.no_waiting)
        for name in self.fast:
            self.part(f"{name} is close and exact", lambda name=name: self.close(name))
        for name in ("eager", *self.fast):
            self.part(f"speed of {name}", lambda name=name: self.speed(name))
        self.part("attention", self.attention)
        self.part("wan", lambda: self.wan(compiled=len(self.fast) > 1 and self.left > 2 * _COMPILING))
        for name in self.eight:
            if self.left > _COMPILING:
                self.part(f"{name} is close and exact", lambda name=name: self.close(name))
                self.part(f"speed of {name}", lambda name=name: self.speed(name))
        if has_cuda():
            self.part("ONNX Runtime is close, exact and fast", self.onnx)
        return int(any("failed" in value for value in self.results.values()))

    @property
    def left(self) -> float:
        """Seconds in which something long may be begun."""
        return _SECONDS - (time.perf_counter() - self.began)

    def machine(self) -> dict[str, Any]:
        """What this is."""
        about: dict[str, Any] = {"torch": torch.__version__, "cuda": torch.version.cuda, "device": self.device.type}
        if self.device.type == "cuda":
            about |= {"name": torch.cuda.get_device_name(), "capability": torch.cuda.get_device_capability()}
            about |= {"cudnn": torch.backends.cudnn.version(), "runtimes": [*self.fast, *self.eight]}
        return about

    def single_precision(self) -> dict[str, float]:
        """Bytes of 40 frames by graphs in single precision against the plain model."""
        frames = [
            list(self.world(name, torch.float32).start(seed=3).run(_PLAY * 4)) for name in ("eager", "cuda-graph")
        ]
        apart = np.abs(np.subtract(*np.asarray(frames, np.float32)))
        assert np.asarray(frames[0]).std() > 1, "an empty picture shows nothing"
        assert psnr(apart[:20]) > 45, f"frames differ: PSNR {psnr(apart[:20]):.1f} dB"
        return {"psnr of 20 frames": psnr(apart[:20]), "psnr of all": psnr(apart), "most": float(apart.max())}

    def close(self, name: str) -> dict[str, float]:
        """The first frame against single precision; the same bytes again, in a run, and from a saved state."""
        plain = self.world("eager", torch.float32).start(seed=3).step(_PLAY[0])
        world = self.world(name, self.half)
        session = world.start(seed=3)
        frames = [session.step(action) for action in _PLAY * 3]
        found = psnr(np.abs(frames[0].astype(np.float32) - plain))
        assert found > _LEAST_PSNR, f"the first frame differs: PSNR {found:.1f} dB"
        assert np.array_equal(list(world.start(seed=3).run(_PLAY * 3)), frames), "a run differs from single steps"
        state, ahead = session.save(), list(session.run(_PLAY))
        other = world.start(seed=4)
        other.load(state)
        assert np.array_equal([other.step(action) for action in _PLAY], ahead), "a saved state goes on differently"
        return {"psnr of the first frame": found}

    def no_waiting(self) -> dict[str, float]:
        """Frames of a small walk, and a run of the world, while torch refuses whatever waits for the GPU unasked."""
        if self.device.type == "cpu":
            return {}
        model = wan.random_weights(lambda: wan.Transformer(wan.TINY), self.device, self.half)
        taken = {}
        evaluators = {"eager": wan.ModelEvaluator(model), "cuda-graph": wan.GraphEvaluator(model)}
        for name, idle in itertools.product(evaluators, (False, True)):
            step = wan.our_steps(model, evaluators[name], idle=idle)
            for _ in range(wan.SINK + wan.WINDOW + 3):
                step()
            with refusing_to_wait():
                before = time.perf_counter()
                for _ in range(10):
                    step()
                what = "ms of a frame while idle" if idle else "ms of the processor"  # which then waits between frames
                taken[f"{name}, {what}"] = 100 * (time.perf_counter() - before)
        for name in evaluators:
            session = self.world(name, self.half).start(seed=1)
            list(session.run(_PLAY * 2))
            with refusing_to_wait():
                list(session.run([*_PLAY, IDLE, IDLE, *_PLAY]))
        return taken

    def speed(self, name: str) -> dict[str, Any]:
        """Frames a second one by one and in a run, and milliseconds of each."""
        started = time.perf_counter()
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        session = self.world(name, self.half).start(seed=1)
        actions = itertools.cycle(_PLAY)
        for _ in range(session.world.context_frames + 5):
            session.step(next(actions))
        ready = time.perf_counter() - started
        times, stages = [], []
        for _ in range(self.frames):
            before = time.perf_counter()
            session.step(next(actions))
            times.append(1000 * (time.perf_counter() - before))
            stages.append(dict(session.timings))
        before = time.perf_counter()
        count = sum(1 for _ in session.run(itertools.islice(actions, self.frames)))
        in_a_run = count / (time.perf_counter() - before)
        return {
            "fps": 1000 / float(np.mean(times)),
            "fps in a run": in_a_run,
            "frame_ms": dict(zip(("p50", "p95", "p99"), np.percentile(times, (50, 95, 99)).tolist(), strict=True)),
            "stage_ms": {key: float(np.median([stage[key] for stage in stages])) for key in stages[0]},
            "seconds until ready": ready,
            "vram_mb": torch.cuda.max_memory_allocated() / 2**20 if self.device.type == "cuda" else None,
        }

    def onnx(self) -> dict[str, Any]:
        """Bytes of ONNX Runtime against plain single precision, from a saved state, and milliseconds of a frame."""
        plain = self.world("eager", torch.float32).start(seed=3)
        world = load_onnx_world(str(self.folder), device="cuda")
        session, other = world.start(seed=3), world.start(seed=4)
        apart = [session.step(action).astype(np.float32) - plain.step(action) for action in _PLAY * 2]
        assert psnr(np.abs(apart)) > 45, f"frames differ: PSNR {psnr(np.abs(apart)):.1f} dB"
        other.load(session.save())
        times = []
        for action in _PLAY * 4:
            before = time.perf_counter()
            frame = session.step(action)
            times.append(1000 * (time.perf_counter() - before))
            assert np.array_equal(frame, other.step(action)), "a saved state goes on differently"
        return {"psnr": psnr(np.abs(apart)), "frame_ms": float(np.median(times))}

    def attention(self) -> dict[str, Any]:
        """Milliseconds of each way to attend from one frame to the past, small and large."""
        if self.device.type == "cpu":
            return {}
        times = {}
        for tokens, heads, d, places in ((60, 4, 64, 17), (1560, 12, 128, wan.SINK + wan.WINDOW + 1)):
            q = torch.randn(1, tokens, heads, d, device=self.device, dtype=self.half)
            k, v = (torch.randn(1, places * tokens, heads, d, device=self.device, dtype=self.half) for _ in range(2))
            times[f"{tokens} tokens, {places} frames"] = measure_attentions(q, k, v, compiled=len(self.fast) > 1)
        return times

    def wan(self, *, compiled: bool) -> dict[str, Any]:
        """See `wan`."""
        config = wan.TINY if self.tiny else wan.WAN_1_3B
        frames = 4 if self.tiny else 40
        return asdict(wan.measure(config, self.device, self.half, frames=frames, compiled=compiled, progress=print))


@contextlib.contextmanager
def refusing_to_wait() -> Iterator[None]:
    """Have torch refuse what makes the processor wait for the GPU, other than an event that it is told to wait for."""
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


def in_eight_bits(device: torch.device) -> tuple[str, ...]:
    """Runtimes of a GPU that multiply in eight bits, those that it is too old for left out."""
    capability = torch.cuda.get_device_capability(device)
    return tuple(name for name, kind in EIGHT_BITS.items() if supports(kind, capability))


def psnr(apart: np.ndarray[Any, Any]) -> float:
    """Of bytes that are so far apart, in dB; 100 where they are equal."""
    error = float(np.mean(np.square(apart)))
    return 20 * math.log10(255 / math.sqrt(error)) if error else 100.0


def main(argv: list[str] | None = None) -> int:
    """Run all of it; returns the exit code."""
    return Session(parsed(argv)).run()


def parsed(argv: list[str] | None) -> argparse.Namespace:
    """What is to be measured of what."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu")
    parser.add_argument("--world", default="minecraft", help="name of a bundled world, or a world folder")
    parser.add_argument("--frames", type=int, default=300, help="of the world, to be timed")
    parser.add_argument("--tiny", action="store_true", help="a large model of a few thousand weights")
    parser.add_argument("--no-compile", action="store_true", help="leave out what has to be compiled")
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path(os.environ.get("OUT", ".")) / "gpu.json")
    return parser.parse_args(argv)


if __name__ == "__main__":
    raise SystemExit(main())
