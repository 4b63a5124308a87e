"""`arvd-train`: the stages of a recipe, one by one or all in order, each exactly resumable."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import RunError

from .run import run_command

if TYPE_CHECKING:
    import torch

    from ..chain import Chain

_STAGES = ("autoencoder", "teacher", "ar", "init", "distill")

_PIPELINES = ("causal-forcing++", "causal-forcing", "self-forcing", "causvid")
_INITS = ("causal-cd", "causal-ode", "bidirectional-ode", "causal-dmd", "none")

_ABLATE = "compare ways to initialise a student, by steps, on equal budgets (after the stage ar of the recipe)"
_IDM = "train an inverse-dynamics model, which reads the actions from the pictures, to judge worlds by"


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arvd-train",
        description="Train a world in stages, each of which resumes where it stopped: autoencoder -> teacher -> ar -> "
        "init -> distill.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    helps = {
        "autoencoder": "train the frame autoencoder",
        "teacher": "train the bidirectional teacher",
        "ar": "train the autoregressive diffusion model (teacher forcing)",
        "init": "make a student of few steps out of it",
        "distill": "match the student's own rollouts to the teacher's distribution",
        "run": "all stages in order",
        "export": "write the trained student as a world that can be played",
    }
    for verb, text in helps.items():
        command = verbs.add_parser(verb, help=text, description=text)
        command.add_argument("recipe", nargs="?", default="tiny", help="name of the recipe (default: tiny)")
        command.add_argument("--data", type=Path, required=True, help="dataset in GF-Minecraft layout")
        command.add_argument("--root", type=Path, default=None, help="folder of the run (default: runs/RECIPE)")
        command.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
        _add_method(command)
        if verb == "export":
            command.add_argument("--out", type=Path, required=True, help="world folder to write")
            command.add_argument(
                "--about", type=Path, required=True, help="TOML file: name, title, licence, training and scenes"
            )
        else:
            command.add_argument(
                "--minutes", type=float, default=None, help="stop after that long, to be resumed later"
            )
            command.add_argument(
                "--heldout", type=Path, default=None, help="footage never trained on, for the row that a stage leaves"
            )
    _add_ablate(verbs.add_parser("ablate", help=_ABLATE, description=_ABLATE))
    _add_idm(verbs.add_parser("idm", help=_IDM, description=_IDM))
    return parser


def _add_method(command: argparse.ArgumentParser) -> None:
    """What a recipe may change of the published methods; the same for every stage, as later ones build on earlier."""
    add = command.add_argument
    add("--pipeline", default="causal-forcing++", choices=_PIPELINES, help="published pipeline (default: %(default)s)")
    add("--method", choices=_INITS, help="how the student is initialised (default: as the pipeline does)")
    add("--loss", choices=("dmd", "sid", "gan"), help="loss of the stage distill")
    add("--rollout", choices=("self", "diffusion-forcing"), help="what the student is distilled on")
    add("--steps", type=int, choices=(1, 2, 4), help="evaluations per frame of the distilled student")


def _add_ablate(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("recipe", nargs="?", default="micro", help="name of the recipe (default: micro)")
    add("--data", type=Path, required=True, help="dataset in GF-Minecraft layout")
    add("--heldout", type=Path, required=True, help="footage never trained on, to measure by")
    add("--idm", type=Path, required=True, help="inverse-dynamics model, as `arvd-train idm` writes it")
    add("--root", type=Path, default=None, help="folder of the run (default: runs/RECIPE)")
    add("--out", type=Path, required=True, help="folder for results.json, tables.md and curves")
    add("--seeds", type=int, default=1, help="how often each cell is trained (default: 1)")
    add("--workers", type=int, default=1, help="cells at a time, which share the cores (default: 1)")
    add("--device", default="auto", choices=("auto", "cpu", "cuda"))
    add("--minutes", type=float, default=None, help="stop after that long, to be resumed later")


def _run_ablate(arguments: argparse.Namespace) -> int:
    from ..ablation import AblationConfig
    from ..recipes import RECIPES
    from .ablate import Job, run_ablation

    if arguments.recipe not in RECIPES:
        raise RunError(f"unknown recipe {arguments.recipe!r}; use one of {', '.join(RECIPES)}")
    if arguments.seeds < 1 or arguments.workers < 1:
        raise RunError("--seeds and --workers must be 1 or more")
    end = float("inf") if arguments.minutes is None else time.time() + 60 * arguments.minutes
    root = arguments.root or Path("runs") / arguments.recipe
    config = AblationConfig(seeds=arguments.seeds)
    device = _device(arguments.device).type
    job = Job(arguments.recipe, config, arguments.data, arguments.heldout, arguments.idm, root, device, end)
    return run_ablation(job, arguments.out, arguments.workers)


def _add_idm(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, help="dataset in GF-Minecraft layout")
    command.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    command.add_argument("--root", type=Path, default=Path("runs/idm"), help="folder of the run (default: runs/idm)")
    command.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    command.add_argument("--minutes", type=float, default=None, help="stop after that long, to be resumed later")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.verb == "idm":
        return _run_idm(arguments)
    if arguments.verb == "ablate":
        return _run_ablate(arguments)
    from ..chain import Chain
    from ..data.clip import Dataset
    from ..data.gf_minecraft import GFMinecraft
    from ..data.scaled import ScaledDataset
    from ..methods import METHODS, distilled, initialised
    from ..recipes import RECIPES

    if arguments.recipe not in RECIPES:
        raise RunError(f"unknown recipe {arguments.recipe!r}; use one of {', '.join(RECIPES)}")
    root = arguments.root or Path("runs") / arguments.recipe
    stop = _stop_after(getattr(arguments, "minutes", None))
    recipe = METHODS[arguments.pipeline](RECIPES[arguments.recipe]())
    if arguments.method is not None:
        recipe = initialised(recipe, arguments.method)
    if recipe.distill is not None or arguments.verb == "distill":
        recipe = distilled(recipe, loss=arguments.loss, rollout=arguments.rollout, steps=arguments.steps)
    dataset: list[Dataset] = []

    def opened() -> Dataset:
        if not dataset:
            footage = GFMinecraft(arguments.data)
            dataset.append(footage if recipe.size is None else ScaledDataset(footage, recipe.size))
        return dataset[0]

    chain = Chain(recipe, opened, root, _device(arguments.device), stop)
    if arguments.verb == "export":
        from ..worlds import export_chain

        export_chain(chain, opened(), arguments.about, arguments.out)
        print(f"wrote {arguments.out}")
        return 0
    for stage in _STAGES if arguments.verb == "run" else (arguments.verb,):
        if not getattr(chain, stage)():
            print(f"{stage}: stopped; start the same command again to resume", file=sys.stderr)
            return 0
        _leave_milestones(chain, stage, arguments.heldout)
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


def _leave_milestones(chain: "Chain", stage: str, heldout: Path | None) -> None:
    from ..data.gf_minecraft import GFMinecraft
    from ..data.scaled import ScaledDataset
    from ..milestones import describe, leave_milestone

    if heldout is None:
        footage = chain.dataset()
    else:
        footage = GFMinecraft(heldout)
        footage = footage if chain.recipe.size is None else ScaledDataset(footage, chain.recipe.size)
    names = [name for name in chain.stages if name.split("-")[0] == stage]
    for name in names[-1:]:  # phases before the last are no models that anyone would play
        if (row := leave_milestone(chain, name, footage, held_out=heldout is not None)) is not None:
            describe(row, print)


def _device(name: str) -> "torch.device":
    import torch

    torch.set_flush_denormal(True)  # Adam's tiny second moments would slow the CPU down by far
    if name == "cuda" and not torch.cuda.is_available():
        raise RunError(
            "device cuda was asked for but torch sees no GPU; use --device cpu, or install a CUDA build of torch"
        )
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def _stop_after(minutes: float | None) -> Callable[[], bool]:
    """True once the time is up or the process was asked to end; the loop then saves and leaves."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    end = float("inf") if minutes is None else time.monotonic() + 60 * minutes
    return lambda: bool(asked) or time.monotonic() >= end


if __name__ == "__main__":
    sys.exit(main())
