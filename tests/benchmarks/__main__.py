"""`python -m tests.benchmarks [--world W] [--json FILE]`: ms per stage for 1, 2 and 4 steps."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from training.commands.run import run_command

STEPS = (1, 2, 4)


def main(argv: list[str] | None = None) -> int:
    """Print the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Speed of a world, stage by stage.")
    parser.add_argument("--world", default="minecraft", help="name of a bundled world, or a world folder")
    parser.add_argument("--frames", type=int, default=60, help="frames to time for each number of steps")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--runtime", default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    arguments = parser.parse_args(argv)
    if arguments.frames < 1:
        parser.error("--frames must be at least 1")
    return run_command(lambda: run(arguments))


def run(arguments: argparse.Namespace) -> int:
    """Measure, print and write."""
    from model.files import write_atomically
    from model.world import load_world
    from training.metrics.speed import SpeedConfig, measure_speed
    from training.metrics.tables import open_console, print_speed

    from .upload import measure_upload

    console = open_console()
    world = load_world(arguments.world, device=arguments.device, runtime=arguments.runtime)
    steps = [number for number in STEPS if world.sampler.allows(number)]
    results = [measure_speed(world, SpeedConfig(frames=arguments.frames, steps=number)) for number in steps]
    print_speed(console, *results)
    upload = measure_upload(world.spec.height, world.spec.width)
    shown = "not measured" if upload.milliseconds is None else f"{upload.milliseconds:.3f} ms"
    console.print(f"upload of a frame to a texture: {shown} ({upload.renderer})")
    if arguments.json is not None:
        document = {"steps": [result.document() for result in results], "upload": asdict(upload)}
        write_atomically(arguments.json, (json.dumps(document, indent=2) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
