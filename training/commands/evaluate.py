"""`arvd-eval`: what a world can do, in tables, JSON and a page."""

import argparse
import sys
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import DataError, RunError

from .evaluate_output import check_file, check_folder, plain, write_json, write_page
from .evaluate_speed import add_speed_arguments, is_wide, run_speed
from .run import run_command

if TYPE_CHECKING:
    from model.footage.clip import Dataset
    from model.onnx.world import OnnxWorld
    from model.world import World

    from ..metrics.report import Chapter

_VERBS = {
    "quality": "PSNR and SSIM against real footage, one frame ahead and over rollouts",
    "control": "share of scenes whose picture moves the way that forced actions ask",
    "flow": "how lively the picture is, and how far its optical flow is from the real one under the same actions",
    "forge": "ForgeWM's rollouts of 77 frames beside real footage, and its constant actions",
    "memory": "whether a view is known again after turning or walking away and back",
    "following": "keys and camera as an inverse-dynamics model reads them from the frames",
    "frechet": "Frechet distance to real motion in that model's features",
    "drift": "look of the picture over 500 frames or more of scripted play from each scene",
    "idle": "whether a view lasts while nobody moves, after a walk from each scene",
    "speed": "FPS, milliseconds per stage, memory and energy, beside the bare matrix products of a frame",
    "all": "all of these",
}
_NEED_FRAMES = {"quality": 40, "control": 40, "flow": 40, "forge": 84, "memory": 9, "following": 72, "frechet": 72}
"""Measures that need footage, and how many frames of each clip."""

_NEED_IDM = ("following", "frechet")

_IDM_SIZE = (48, 80)  # height and width of the pictures that the bundled inverse-dynamics model reads


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
        add("--world", required=verb != "speed", help="name of a bundled world, or a world folder")
        add("--data", help="footage that was not trained on: a folder in any of arvd's formats, or hf://...")
        add("--json", nargs="?", const="-", metavar="FILE", help="write JSON to FILE, or print it")
        add("--pictures", type=Path, metavar="FOLDER", help="write contact sheets")
        add("--report", type=Path, metavar="FOLDER", help="write a page with tables, curves and pictures")
        add("--clips", type=_positive, help="clips of the footage (default: 20; memory 10, constant actions 8)")
        add("--starts", type=_positive, help="rollouts per clip (default: 6 for quality, 1 to 3 for others)")
        add("--frames", type=_positive, help="frames to time (default: 100), or of drift and idle (default: 500)")
        add("--idm", type=Path, metavar="FILE", help="inverse-dynamics model made by arvd-train idm (default: luanti)")
        add("--weights", type=Path, metavar="FOLDER", help="weights of LPIPS and I3D, for forge")
        add("--seed", type=_seed, default=0, help="of start positions and noise (default: 0)")
        add("--steps", type=_positive, help="evaluations per frame (default: the world's own)")
        add("--device", default="auto", help="auto, cpu or cuda")
        several = "; speed takes several, as in eager,eager-fp32, or all" if verb == "speed" else ""
        add("--runtime", default="auto", help=f"runtime of the generator (default: auto{several})")
        if verb == "speed":
            add_speed_arguments(command)
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
    if arguments.world is None and not arguments.growth:
        raise RunError("no world was given; name one with --world")
    if is_wide(arguments):
        return run_speed(arguments)
    check_file(arguments.json)
    for option in ("pictures", "report"):
        check_folder(vars(arguments)[option], option)
    from model.world_spec import find_world, read_spec

    spec = read_spec(find_world(arguments.world))
    dataset = _open_data(arguments, (spec.height, spec.width))
    if arguments.idm is None:
        arguments.idm = _bundled_idm(spec.height, spec.width)
    verbs, left_out = _choose(arguments, dataset)
    from model.opening import open_world

    from ..metrics.tables import open_console
    from .evaluate_measures import open_job

    runtime = arguments.runtime  # one that takes many walks at once, unless speed is what is measured
    runtime = "eager" if runtime == "auto" and arguments.verb != "speed" else runtime
    world = open_world(arguments.world, device=arguments.device, runtime=runtime)
    steps = world.start(steps=arguments.steps).steps  # refuses a number that the world cannot do
    console = open_console(stderr=arguments.json == "-")
    job = open_job(arguments, world, dataset, console, verbs)
    results, chapters = {}, []
    for verb in verbs:
        results[verb], chapter = job.measure(verb, _VERBS[verb])
        chapters.append(chapter)
    for verb, why in left_out.items():
        console.print(f"{verb} left out: {why}", style="dim", soft_wrap=True)
    about: dict[str, Any] = {"world": spec.name, "hash": world.hash, "device": world.device}
    about |= {"runtime": world.runtime, "steps": steps, "seed": arguments.seed}
    about["data"] = None if dataset is None else arguments.data.rstrip("/").rpartition("/")[2]
    whole = results | {"left_out": left_out}
    document = plain(about | (whole if arguments.verb == "all" else results[arguments.verb]))
    write_json(arguments.json, document)
    if arguments.report is not None:
        _write_report(arguments.report, world, dataset, about, chapters, left_out, document)
        console.print(f"wrote {arguments.report / 'index.html'}", soft_wrap=True)
    return 0


def _open_data(arguments: argparse.Namespace, size: tuple[int, int]) -> "Dataset | None":
    if arguments.data is None:
        if arguments.verb == "all" or arguments.verb in _NEED_FRAMES:
            raise DataError(f"{arguments.verb} compares with real footage; give --data FOLDER")
        return None
    from ..data.fitted import open_footage

    return open_footage(arguments.data, size)


def _choose(arguments: argparse.Namespace, dataset: "Dataset | None") -> tuple[tuple[str, ...], dict[str, str]]:
    """Measures to take; of `all`, those that cannot be taken are left out, with the reason."""
    lacking = {verb: why for verb in _VERBS if (why := _lack(verb, arguments, dataset))}
    if arguments.verb != "all":
        if arguments.verb in lacking:
            raise RunError(f"{arguments.verb} {lacking[arguments.verb]}")
        return (arguments.verb,), {}
    return tuple(verb for verb in _VERBS if verb != "all" and verb not in lacking), lacking


def _bundled_idm(height: int, width: int) -> Path | None:
    """The model that comes with arvd, if it can read frames of that size: whole multiples of its own."""
    rows, columns = _IDM_SIZE
    fits = height % rows == 0 and width % columns == 0 and height // rows == width // columns
    return Path(str(resources.files("assets"))) / "inverse-dynamics" / "luanti.safetensors" if fits else None


def _lack(verb: str, arguments: argparse.Namespace, dataset: "Dataset | None") -> str | None:
    """What a measure lacks, None when it can be taken."""
    if verb in _NEED_IDM and arguments.idm is None:
        return "needs a model that reads frames of this size; give --idm FILE, made by arvd-train idm"
    if verb not in _NEED_FRAMES or dataset is None:
        return None
    used = list(zip(dataset.frame_counts, dataset.names, strict=True))[: arguments.clips or 20]
    shortest, name = min(used, default=(0, "the footage"))
    needed = _NEED_FRAMES[verb]
    return None if shortest >= needed else f"needs clips of {needed} frames and {name} has {shortest}; drop short clips"


def _write_report(
    folder: Path,
    world: "World | OnnxWorld",
    dataset: "Dataset | None",
    about: Mapping[str, Any],
    chapters: "list[Chapter]",
    left_out: Mapping[str, str],
    document: dict[str, Any],
) -> None:
    spec = world.spec
    shown = {"world": f"{spec.name}, {spec.width}x{spec.height}, {spec.fps:g} frames per second"}
    shown |= {name: str(about[name]) for name in ("hash", "seed", "device", "runtime")}
    shown["sampler"] = f"{about['steps']} evaluations per frame"
    if dataset is not None:
        shown["footage"] = f"{about['data']}: {len(dataset.names)} clips, {sum(dataset.frame_counts):,} frames"
    write_page(folder, f"{spec.title}: evaluation", shown, chapters, left_out, document)


if __name__ == "__main__":
    sys.exit(main())
