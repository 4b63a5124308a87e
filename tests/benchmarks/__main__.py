"""`python -m tests.benchmarks [--world W] [--runtime R] [--json FILE]`: speed by runtime for 1, 2 and 4 steps."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from training.commands.evaluate_speed import parse_runtimes
from training.commands.run import run_command

STEPS = (1, 2, 4)


def main(argv: list[str] | None = None) -> int:
    """Print the tables; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed of a world, stage by stage.")
    parser.add_argument("--world", default="minecraft", help="name of a bundled world, or a world folder")
    parser.add_argument("--frames", type=int, default=60, help="frames to time for each number of steps")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--runtime", default="auto", help="one, several as in eager,eager-fp32, or all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args(argv)
    if arguments.frames < 1:
        parser.error("--frames must be at least 1")
    return run_command(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> int:
    """Measure, print and write; each runtime and number of steps in a process of its own."""
    from model.config import build, plain
    from model.errors import RunError
    from model.files import write_atomically
    from model.sampler import SamplerConfig
    from model.world_spec import find_world, read_spec
    from training.metrics.speed import SpeedConfig, measure_runtimes
    from training.metrics.tables import open_console
    from training.metrics.tables_speed import print_left_out, print_speed

    from .upload import measure_upload

    console = open_console()
    spec = read_spec(find_world(arguments.world))
    sampler = build(SamplerConfig, plain(spec.sampler), "sampler")
    names, results, left_out = parse_runtimes(arguments.runtime), [], {}
    for steps in filter(sampler.allows, STEPS):
        config = SpeedConfig(frames=arguments.frames, steps=steps)
        found, left_out = measure_runtimes(arguments.world, names, config, device=arguments.device)
        if not found:
            raise RunError(next(iter(left_out.values())))
        print_speed(console, list(found.values()))
        results += found.values()
    print_left_out(console, left_out)
    upload = measure_upload(spec.height, spec.width)
    plain, buffered = (
        "not measured" if ms is None else f"{ms:.3f} ms" for ms in (upload.milliseconds, upload.buffered)
    )
    console.print(f"upload of a frame to a texture: {plain}, by a pixel buffer {buffered} ({upload.renderer})")
    if arguments.json is not None:
        rows = [result.document() for result in results]
        document = {"rows": rows, "left_out": left_out, "upload": asdict(upload)}
        write_atomically(arguments.json, (json.dumps(document, indent=2) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
