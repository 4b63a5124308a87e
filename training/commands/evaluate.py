"""`arvd-eval`: what a world can do, in tables and JSON."""

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import DataError, RunError

from .run import run_command

if TYPE_CHECKING:
    from rich.console import Console

    from model.world import World

    from ..data.clip import Dataset
    from ..metrics.pictures import Bytes

_VERBS = {
    "quality": "PSNR and SSIM against real footage, one frame ahead and over rollouts",
    "control": "share of scenes whose picture moves the way that forced actions ask",
    "drift": "look of the picture over 500 frames of scripted play from each scene",
    "speed": "FPS and milliseconds per stage, beside the bare matrix products of a frame",
    "all": "quality, control, drift and speed",
}
_NEED_DATA = ("quality", "control")


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="arvd-eval", description="Measure a world.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb, text in _VERBS.items():
        command = verbs.add_parser(verb, help=text, description=text)
        add = command.add_argument
        add("--world", required=True, help="name of a bundled world, or a world folder")
        add("--data", type=Path, help="footage that was not trained on, in GF-Minecraft layout")
        add("--json", nargs="?", const="-", metavar="FILE", help="write JSON to FILE, or print it")
        add("--pictures", type=Path, metavar="FOLDER", help="write contact sheets (quality, control)")
        add("--clips", type=_positive, help="clips of the footage to use (default: 20)")
        add("--starts", type=_positive, help="rollouts per clip (default: 6 for quality, 3 for control)")
        add("--frames", type=_positive, help="frames to time (speed; default: 100)")
        add("--seed", type=_seed, default=0, help="of start positions and noise (default: 0)")
        add("--steps", type=_positive, help="evaluations per frame (default: the world's own)")
        add("--device", default="auto", help="auto, cpu or cuda")
        add("--runtime", default="auto", help="runtime of the generator (default: auto)")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 upward")
    return number


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 1 << 32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 4294967295")
    return int(text)


def _run(arguments: argparse.Namespace) -> int:
    verbs = tuple(_VERBS)[:-1] if arguments.verb == "all" else (arguments.verb,)
    _check_paths(arguments)
    dataset = _open_data(arguments, verbs)
    from model.world_spec import find_world, read_spec

    spec = read_spec(find_world(arguments.world))
    if dataset is not None:
        from ..metrics.playable import check_size

        check_size(dataset, spec.height, spec.width)
    from model.world import load_world

    from ..metrics.tables import open_console

    world = load_world(arguments.world, device=arguments.device, runtime=arguments.runtime)
    steps = world.start(steps=arguments.steps).steps  # refuses a number that the world cannot do
    console = open_console(stderr=arguments.json == "-")
    job = _Job(arguments, world, dataset, console)
    results = {verb: _MEASURES[verb](job) for verb in verbs}
    about: dict[str, Any] = {"world": spec.name, "hash": world.hash, "device": world.device}
    about |= {"runtime": world.runtime, "steps": steps, "seed": arguments.seed}
    about["data"] = None if dataset is None else arguments.data.resolve().name
    _write_json(arguments.json, about | (results if arguments.verb == "all" else results[arguments.verb]))
    return 0


def _check_paths(arguments: argparse.Namespace) -> None:
    """Refuse places that cannot be written before minutes are spent."""
    if arguments.json not in (None, "-") and Path(arguments.json).is_dir():
        raise RunError(f"{arguments.json}: is a folder; name a file for --json")
    if arguments.pictures is not None and arguments.pictures.exists() and not arguments.pictures.is_dir():
        raise RunError(f"{arguments.pictures}: is a file; name a folder for --pictures")


def _open_data(arguments: argparse.Namespace, verbs: tuple[str, ...]) -> "Dataset | None":
    if not set(verbs) & set(_NEED_DATA):
        return None
    if arguments.data is None:
        raise DataError(f"{arguments.verb} compares with real footage; give --data FOLDER in GF-Minecraft layout")
    from ..data.gf_minecraft import GFMinecraft

    return GFMinecraft(arguments.data)


@dataclass(frozen=True)
class _Job:
    """What every measure is given."""

    arguments: argparse.Namespace
    world: "World"
    footage: "Dataset | None"
    console: "Console"

    @property
    def dataset(self) -> "Dataset":
        """The footage, where `_open_data` has seen to it that there is some."""
        assert self.footage is not None
        return self.footage

    def config(self, *names: str) -> dict[str, Any]:
        """Options of a measure's configuration; those not given are left out, so defaults stay with it."""
        values = {name: getattr(self.arguments, name) for name in ("seed", "steps", *names)}
        return {name: value for name, value in values.items() if value is not None}

    def save_sheets(self, kind: str, sheets: "Sequence[Bytes]") -> None:
        """Write a contact sheet of the first few clips if pictures are wanted."""
        if self.arguments.pictures is None:
            return
        from ..metrics.sheets import stack, write_sheet

        path = self.arguments.pictures / f"{self.world.spec.name}-{kind}.png"
        write_sheet(path, stack(sheets[:_SHEETS]))
        self.console.print(f"wrote {path}")


def _quality(job: _Job) -> dict[str, Any]:
    from ..metrics.quality import QualityConfig, Rollout, measure_quality
    from ..metrics.sheets import quality_sheet
    from ..metrics.tables import print_quality

    rollouts: list[Rollout] = []
    config = QualityConfig(**job.config("clips", "starts"))
    with _Progress(job.console) as progress:
        result = measure_quality(job.world, job.dataset, config, progress=progress, keep=rollouts.append)
    print_quality(job.console, result)
    job.save_sheets("quality", [quality_sheet(rollout) for rollout in rollouts])
    return result.document()


def _control(job: _Job) -> dict[str, Any]:
    from ..metrics.control import ControlConfig, Rollouts, measure_control
    from ..metrics.sheets import control_sheet
    from ..metrics.tables import print_control

    rollouts: list[Rollouts] = []
    config = ControlConfig(**job.config("clips", "starts"))
    with _Progress(job.console) as progress:
        result = measure_control(job.world, job.dataset, config, progress=progress, keep=rollouts.append)
    print_control(job.console, result)
    job.save_sheets("control", [control_sheet(rollout) for rollout in rollouts])
    return result.document()


def _drift(job: _Job) -> dict[str, Any]:
    from ..metrics.drift import DriftConfig, measure_drift
    from ..metrics.tables import print_drift

    scenes = [scene.name for scene in job.world.scenes]
    with _Progress(job.console) as progress:
        result = measure_drift(job.world, scenes, DriftConfig(**job.config()), progress=progress)
    print_drift(job.console, result)
    return result.document()


def _speed(job: _Job) -> dict[str, Any]:
    from ..metrics.speed import SpeedConfig, measure_speed
    from ..metrics.tables import print_speed

    with _Progress(job.console) as progress:
        result = measure_speed(job.world, SpeedConfig(**job.config("frames")), progress=progress)
    print_speed(job.console, result)
    return result.document()


_MEASURES = {"quality": _quality, "control": _control, "drift": _drift, "speed": _speed}
_SHEETS = 6  # clips on a contact sheet; more no one looks at


class _Progress:
    """A line on a terminal that says what is being measured; silent in a pipe."""

    def __init__(self, console: "Console") -> None:
        self._status = console.status("measuring")

    def __enter__(self) -> Callable[[str], None]:
        self._status.start()
        return self._status.update

    def __exit__(self, *error: object) -> None:
        self._status.stop()


def _write_json(target: str | None, document: dict[str, Any]) -> None:
    if target is None:
        return
    text = json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    from ..checkpoint import write_atomically

    write_atomically(Path(target), text.encode())


def _plain(value: Any) -> Any:
    """Numbers to six digits; what is no number becomes null."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


if __name__ == "__main__":
    sys.exit(main())
