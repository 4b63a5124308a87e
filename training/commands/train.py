"""`arvd-train`: the stages of a recipe, one by one or all in order, each exactly resumable."""

import argparse
import functools
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import DataError, RunError

from .run import run_command

if TYPE_CHECKING:
    import torch

    from model.footage.clip import Dataset

    from ..chain import Chain
    from ..recipe import Recipe
    from ..start import Start

_STAGES = ("autoencoder", "teacher", "ar", "init", "distill", "sharpen")

_PIPELINES = ("causal-forcing++", "causal-forcing", "self-forcing", "causvid")
_INITS = ("causal-cd", "causal-ode", "bidirectional-ode", "causal-dmd", "none")

_ABLATE = "compare ways to initialise a student, by steps, on equal budgets (after the stage ar of the recipe)"
_ONNX = "add graphs for ONNX Runtime to a world's folder, so that it plays where torch is not installed"
_START = (
    "go on from a world: its generator learns on; its autoencoder is taken over, or trained on where the recipe has "
    "more latent channels"
)
_IDM = "train an inverse-dynamics model, which reads the actions from the pictures, to judge worlds by"


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arvd-train",
        description="Train a world in stages, each of which resumes where it stopped: autoencoder -> teacher -> "
        "ar -> init -> distill -> sharpen.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    helps = {
        "autoencoder": "train the frame autoencoder",
        "teacher": "train the bidirectional teacher",
        "ar": "train the autoregressive diffusion model (teacher forcing)",
        "init": "make a student of few steps out of it",
        "distill": "match the student's own rollouts to the teacher's distribution",
        "sharpen": "train the decoder on against a discriminator, where the recipe does",
        "run": "all stages in order",
        "export": "write the trained student as a world that can be played",
    }
    for verb, text in helps.items():
        command = verbs.add_parser(verb, help=text, description=text)
        command.add_argument("recipe", nargs="?", default="tiny", help="name of the recipe (default: tiny)")
        command.add_argument(
            "--data",
            required=True,
            help="footage: a folder in any of arvd's formats, or hf://datasets/organisation/name",
        )
        command.add_argument("--root", type=Path, default=None, help="folder of the run (default: runs/RECIPE)")
        command.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
        _add_method(command)
        if verb == "export":
            command.add_argument("--out", type=Path, required=True, help="world folder to write")
            command.add_argument(
                "--about", type=Path, required=True, help="TOML file: name, title, licence, training and scenes"
            )
            command.set_defaults(minutes=None, heldout=None)
        else:
            command.add_argument(
                "--minutes", type=float, default=None, help="stop after that long, to be resumed later"
            )
            command.add_argument(
                "--heldout", default=None, help="footage never trained on, for the row that a stage leaves"
            )
    _add_ablate(verbs.add_parser("ablate", help=_ABLATE, description=_ABLATE))
    _add_idm(verbs.add_parser("idm", help=_IDM, description=_IDM))
    onnx = verbs.add_parser("export-onnx", help=_ONNX, description=_ONNX)
    onnx.add_argument("world", help="folder of a world, or name of a bundled one")
    return parser


def _add_method(command: argparse.ArgumentParser) -> None:
    """What a recipe may change of the published methods; the same for every stage, as later ones build on earlier."""
    add = command.add_argument
    add("--pipeline", default="causal-forcing++", choices=_PIPELINES, help="published pipeline (default: %(default)s)")
    add("--method", choices=_INITS, help="how the student is initialised (default: as the pipeline does)")
    add("--loss", choices=("dmd", "sid", "gan"), help="loss of the stage distill")
    add("--rollout", choices=("self", "diffusion-forcing"), help="what the student is distilled on")
    add("--steps", type=int, choices=(1, 2, 4), help="evaluations per frame of the distilled student")
    add("--weights", type=Path, help="published Wan weights (safetensors file or folder) to begin with")
    add("--start", metavar="WORLD", help=_START)


def _add_ablate(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("recipe", nargs="?", default="micro", help="name of the recipe (default: micro)")
    add("--data", required=True, help="footage: a folder in any of arvd's formats, or hf://datasets/organisation/name")
    add("--heldout", required=True, help="footage never trained on, to measure by")
    add("--idm", type=Path, required=True, help="inverse-dynamics model, as `arvd-train idm` writes it")
    add("--root", type=Path, default=None, help="folder of the run (default: runs/RECIPE)")
    add("--out", type=Path, required=True, help="folder for results.json, tables.md and curves")
    add("--seeds", type=int, default=1, help="how often each cell is trained (default: 1)")
    add("--workers", type=int, default=1, help="cells at a time, which share the cores (default: 1)")
    add("--device", default="auto", choices=("auto", "cpu", "cuda"))
    add("--minutes", type=float, default=None, help="stop after that long, to be resumed later")


def _run_ablate(arguments: argparse.Namespace) -> int:
    from ..ablation import AblationConfig
    from .ablate import Job, run_ablation

    recipe = _recipe(arguments.recipe)
    if arguments.seeds < 1 or arguments.workers < 1:
        raise RunError("--seeds and --workers must be 1 or more")
    root = arguments.root or Path("runs") / arguments.recipe
    config = AblationConfig(seeds=arguments.seeds)
    device = _device(arguments.device).type
    job = Job(recipe, config, arguments.data, arguments.heldout, arguments.idm, root, device)
    return run_ablation(job, arguments.out, arguments.workers, _stop_after(arguments.minutes))


def _add_idm(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data", required=True, help="footage: a folder in any of arvd's formats, or hf://datasets/organisation/name"
    )
    command.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    command.add_argument("--root", type=Path, default=Path("runs/idm"), help="folder of the run (default: runs/idm)")
    command.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    command.add_argument("--minutes", type=float, default=None, help="stop after that long, to be resumed later")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.verb == "idm":
        return _run_idm(arguments)
    if arguments.verb == "ablate":
        return _run_ablate(arguments)
    if arguments.verb == "export-onnx":
        from model.onnx.export import export_world
        from model.runtimes.names import ONNX_RUNTIMES
        from model.world_spec import find_world

        place = find_world(arguments.world) / ONNX_RUNTIMES[0]
        export_world(place.parent, place)
        print(f"wrote {place}")
        return 0
    from ..chain import Chain
    from ..data.fitted import open_footage
    from ..distributed import rank, wait_for_all

    recipe = _changed_recipe(arguments)
    root = arguments.root or Path("runs") / arguments.recipe
    opened = functools.cache(lambda: open_footage(arguments.data, recipe.size))
    # opened before hours are spent, though needed only after them
    heldout = None if arguments.heldout is None else open_footage(arguments.heldout, recipe.size)
    device, stop = _device(arguments.device), _stop_after(arguments.minutes)
    chain = Chain(recipe, opened, root, device, stop, start=_start(arguments, recipe))
    if arguments.verb == "export":
        from ..worlds import export_chain

        export_chain(chain, opened(), arguments.about, arguments.out)
        print(f"wrote {arguments.out}")
        return 0
    for stage in _STAGES if arguments.verb == "run" else (arguments.verb,):
        if not getattr(chain, stage)():
            print(f"{stage}: stopped; start the same command again to resume", file=sys.stderr)
            return 0
        if rank() == 0:
            with _ended_by_sigterm():
                _leave_milestones(chain, stage, heldout)
        wait_for_all()
    return 0


def _run_idm(arguments: argparse.Namespace) -> int:
    from ..stages.inverse_dynamics import InverseDynamicsStageConfig
    from .idm import train_idm

    return train_idm(
        arguments.data,
        arguments.out,
        arguments.root,
        config=InverseDynamicsStageConfig(),
        device=_device(arguments.device),
        stop=_stop_after(arguments.minutes),
    )


def _recipe(name: str) -> "Recipe":
    from ..recipes import RECIPES

    if name not in RECIPES:
        raise RunError(f"unknown recipe {name!r}; use one of {', '.join(RECIPES)}")
    return RECIPES[name]()


def _changed_recipe(arguments: argparse.Namespace) -> "Recipe":
    """The recipe as the options change it; RunError when it has nothing for one of them to change."""
    from ..methods import METHODS, distilled, initialised

    base = _recipe(arguments.recipe)
    recipe = METHODS[arguments.pipeline](base)
    if arguments.method is not None:  # of the base, since a pipeline has put its own method in that place
        recipe = replace(recipe, init=initialised(base, arguments.method).init)
    last = {name: vars(arguments)[name] for name in ("loss", "rollout", "steps")}
    if arguments.verb == "distill" or any(last.values()):
        recipe = distilled(recipe, **last)
    return recipe


def _start(arguments: argparse.Namespace, recipe: "Recipe") -> "Start | None":
    """What the options say that the run begins with; RunError when they name two things."""
    from ..start import WanStart, WorldStart

    if arguments.weights is not None and arguments.start is not None:
        raise RunError("a run begins with one thing: give --weights or --start, not both")
    if arguments.start is not None:
        start = WorldStart(arguments.start, recipe.autoencoder.model)
        if recipe.ar[0].loop.steps == 0:
            start.plays_as(recipe.ar[0].context, recipe.ar_sampler)
        return start
    return None if arguments.weights is None else WanStart(arguments.weights)


def _leave_milestones(chain: "Chain", stage: str, heldout: "Dataset | None") -> None:
    from ..logs import warn
    from ..milestones import describe, leave_milestone

    footage = chain.dataset() if heldout is None else heldout
    names = [name for name in chain.stages if name.split("-")[0] == stage]
    for name in names[-1:]:  # phases before the last are no models that anyone would play
        try:
            row = leave_milestone(chain, name, footage, held_out=heldout is not None)
        except DataError as error:  # what cannot be measured, as clips are too short, holds no later stage up
            warn(f"{name} is not measured: {error}")
        else:
            if row is not None:
                describe(row, print)


def _device(name: str) -> "torch.device":
    import torch

    from ..distributed import join

    torch.set_flush_denormal(True)  # Adam's tiny second moments would slow the CPU down by far
    if name == "cuda" and not torch.cuda.is_available():
        raise RunError(
            "device cuda was asked for but torch sees no GPU; use --device cpu, or install a CUDA build of torch"
        )
    return join(torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu"))


def _stop_after(minutes: float | None) -> Callable[[], bool]:
    """True once the time is up or the process was asked to end; the loop then saves and leaves."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    end = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    return lambda: bool(asked) or time.monotonic() >= end


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end at once, as Ctrl-C does, what has no state to save: measuring is done anew."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
