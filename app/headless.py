"""Runs the engine from an action script with no display: frames to a video, figures to a report."""

import sys
import time
from collections.abc import Callable

from model.actions import IDLE

from .engine import Session, World, open_world
from .options import Options
from .recording import Recording, open_recording
from .report import peak_rss_mb, since_start_ms, write_report
from .stats import StepStats
from .video_out import VideoOut, open_video

_SECONDS_BETWEEN_LINES = 1.0


def run_headless(options: Options, open_world: Callable[[Options], World] = open_world) -> dict[str, object]:
    """Generate `options.frames` frames, idle once the script is over; write the video, the replay and the report.

    Raises:
        ArvdError: a world that cannot be loaded or started.
        KeyboardInterrupt: stopped from outside; nothing is left behind but the replay, with which this is no error.
    """
    assert options.frames is not None
    stats = StepStats()
    with (
        open_recording(options, patient=True) as recording,
        open_video(options.out, options.spec, options.frames) as video,
    ):
        world = open_world(options)
        session = world.start(options.scene, seed=options.seed, steps=options.steps)
        startup_ms = since_start_ms()
        first_frame_ms = _generate(world, session, options, video, recording, stats)
    report = run_figures(options, world, session.steps, stats) | {
        "startup_ms": round(startup_ms, 1),
        "first_frame_ms": round(first_frame_ms, 1),
    }
    if options.report is not None:
        write_report(options.report, report)
    _say(options, stats)
    return report


def run_figures(options: Options, world: World, steps: int, stats: StepStats) -> dict[str, object]:
    """Return what headless and window reports have in common."""
    return stats.summary() | {
        "peak_rss_mb": peak_rss_mb(),
        "world": options.spec.name,
        "runtime": world.runtime,
        "device": world.device,
        "steps": steps,
        "seed": options.seed,
    }


def _generate(
    world: World, session: Session, options: Options, video: VideoOut, recording: Recording, stats: StepStats
) -> float:
    """Generate all frames, or those until a signal comes; return the milliseconds from process start to the first."""
    assert options.frames is not None
    first_frame_ms = 0.0
    told = time.monotonic()
    try:
        for index in range(options.frames):
            action = options.actions[index] if index < len(options.actions) else IDLE
            recording.before_step(world, session, options.scene)
            started = time.perf_counter()
            pixels = session.step(action)
            ended = time.perf_counter()
            stats.add(1000 * (ended - started), session.timings, ended)
            if index == 0:
                first_frame_ms = since_start_ms()
            recording.after_step(action, pixels, 1000 * (ended - started))
            video.write(pixels, action)
            if sys.stderr.isatty() and time.monotonic() - told > _SECONDS_BETWEEN_LINES:
                told = time.monotonic()
                print(f"\r{index + 1} of {options.frames} frames", end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        if options.out is not None or not recording.on:  # a replay is whole wherever it ends, a video is not
            made = len(stats.steps)
            raise KeyboardInterrupt(f"stopped after {made} of {options.frames} frames; no video was written") from None
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    return first_frame_ms


def _say(options: Options, stats: StepStats) -> None:
    summary, ms = stats.summary(), stats.steps.percentiles(50, 95)
    written = " and ".join(str(path) for path in (options.out, options.report) if path is not None)
    speed = f" at {summary['fps']} fps" if summary["fps"] else ""  # one frame has no rate
    print(
        f"{summary['frames']} frames{speed}, {ms['p50']:.1f} ms each (p95 {ms['p95']:.1f})"
        + (f", written to {written}" if written else "")
    )
