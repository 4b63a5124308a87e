"""`python -m tests.benchmarks.recording cost|soak|kills`: what recording costs the generator, loses, and survives."""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from app.recorder import Recorder
from app.recording import Recording
from app.stats import percentiles
from model.actions import parse_actions
from model.errors import DataError
from model.footage.replays import Replays

SCRIPT = parse_actions("w*40, right*20, w+left*20, idle*20")
BLOCK = 50  # frames with recording, then as many without, so that both see the same machine


def main() -> int:
    """Measure one of the three; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.recording")
    parser.add_argument("what", choices=("cost", "soak", "kills"))
    parser.add_argument("--world", default="minecraft")
    parser.add_argument("--frames", type=int, default=1200, help="cost: to generate, half of them recorded")
    parser.add_argument("--fps", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, default=30.0, help="soak: of play")
    parser.add_argument("--speed", type=float, default=1.0, help="soak: times faster than play")
    parser.add_argument("--kills", type=int, default=100)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.what == "cost":
            measure_cost(Path(folder), arguments.world, arguments.frames, arguments.fps)
        elif arguments.what == "soak":
            soak(Path(folder), arguments.minutes, arguments.fps, arguments.speed)
        else:
            kill(Path(folder), arguments.kills, arguments.fps)
    return 0


def measure_cost(folder: Path, name: str, frames: int, fps: float) -> None:
    """Print percentiles of a step and of handing a frame over, with and without recording, at a rate of `fps`."""
    from model.world import load_world

    world = load_world(name)
    session = world.start()
    recorder = Recorder(folder, budget=10**10)
    recording = Recording(recorder, world.spec)
    handed: list[float] = []
    worked: list[float] = []  # of that, time that the thread had a processor: on a busy machine it waits for one
    steps: dict[bool, list[float]] = {True: [], False: []}
    due = time.perf_counter()
    for k in range(frames):
        time.sleep(max(0.0, due - time.perf_counter()))
        due = max(due + 1 / fps, time.perf_counter())
        if k and k % BLOCK == 0:
            recording.toggle()
        recording.before_step(world, session, None)
        action = SCRIPT[k % len(SCRIPT)]
        started = time.perf_counter()
        pixels = session.step(action)
        stepped, busy = time.perf_counter(), time.thread_time()
        recording.after_step(action, pixels, 1000 * (stepped - started))
        busy, ended = time.thread_time() - busy, time.perf_counter()
        if k % BLOCK:  # the first of each block also begins a replay or ends one
            steps[recording.on].append(1000 * (stepped - started))
            if recording.on:
                handed.append(1000 * (ended - stepped))
                worked.append(1000 * busy)
    recorder.close()
    for on, spent in steps.items():
        print(f"step {'with' if on else 'without'} recording: {_ms(spent)} over {len(spent)} frames")
    print(f"handing a frame over: {_ms(handed)}, work of it {_ms(worked)}; dropped {recorder.dropped}")


def soak(folder: Path, minutes: float, fps: float, speed: float) -> None:
    """Feed frames of 160x96 that move, at `speed` times `fps`; print what was lost and what it cost."""
    from model.world_spec import find_world, read_spec
    from tests.app.fakes import FakeWorld

    world, spec = FakeWorld(), read_spec(find_world("minecraft"))
    recorder = Recorder(folder, budget=10**11, say=print)
    recording = Recording(recorder, spec, wanted=True)
    session, pictures = world.start(), _pictures(spec.height, spec.width)
    session.frame = next(pictures)
    handed, waiting, began = [], 0, time.perf_counter()
    for k in range(1, round(minutes * 60 * fps) + 1):
        time.sleep(max(0.0, began + k / fps / speed - time.perf_counter()))
        pixels = next(pictures)
        recording.before_step(world, session, None)
        session.index += 1
        started = time.perf_counter()
        recording.after_step(SCRIPT[k % len(SCRIPT)], pixels, 0.0)
        handed.append(1000 * (time.perf_counter() - started))
        waiting = max(waiting, recorder.taken - recorder.frames)
    recorder.close()
    frames = Replays(folder).frame_counts[0] - 1
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(
        f"{k} frames in {time.perf_counter() - began:.0f} s: {frames} written, {recorder.dropped} dropped, at most "
        f"{waiting} waiting, {_ms(handed)} to hand one over, {size / frames:.0f} bytes each"
    )


def kill(folder: Path, kills: int, fps: float) -> None:
    """Kill a recorder at random moments; print what each kill lost."""
    lost: list[float] = []
    for number in range(kills):
        target = folder / str(number)
        command = [sys.executable, "-m", "tests.app.record_forever", str(target), str(fps)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(random.Random(number).uniform(0.0, 4.0))
        process.kill()
        put = 1 + sum(line.endswith("\n") for line in process.stdout)
        process.wait()
        try:
            read = len(Replays(target).read(0)) - 1
        except DataError:  # nothing was on the disk yet
            read = 0
        lost.append(1000 * (put - read) / fps)
    print(f"{kills} kills at {fps:g} frames/s lost {_ms(lost)} of play, at most {max(lost):.0f} ms")


def _pictures(height: int, width: int) -> Iterator[np.ndarray]:
    """A landscape of noise that moves and flickers: 2 KB of video per frame, rather more than play."""
    rng = np.random.default_rng(0)
    wall = rng.integers(0, 200, (height // 8, width, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    grain = rng.integers(0, 24, (64, height // 4, width // 4, 3), dtype=np.uint8).repeat(4, 1).repeat(4, 2)
    for k in count():
        left = k % (wall.shape[1] - width)
        yield wall[:, left : left + width] + grain[k % 64]


def _ms(values: list[float]) -> str:
    found = percentiles(values, 50, 95, 99)
    return f"p50 {found['p50']:.3f} ms, p95 {found['p95']:.3f} ms, p99 {found['p99']:.3f} ms"


if __name__ == "__main__":
    sys.exit(main())
