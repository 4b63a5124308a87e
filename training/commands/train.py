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

_STAGES = ("autoencoder", "teacher", "ar", "init")

_IDM = "train an inverse-dynamics model, which reads the actions from the pictures, to judge worlds by"


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: _run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arvd-train", description="Train a world: autoencoder -> ar -> init. Every stage resumes where it stopped."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    helps = {
        "autoencoder": "train the frame autoencoder",
        "teacher": "train the bidirectional teacher",
        "ar": "train the autoregressive diffusion model (teacher forcing)",
        "init": "distil it into a student of few steps",
        "run": "all stages in order",
        "export": "write the trained student as a world that can be played",
    }
    for verb, text in helps.items():
        command = verbs.add_parser(verb, help=text, description=text)
        command.add_argument("recipe", nargs="?", default="tiny", help="name of the recipe (default: tiny)")
        command.add_argument("--data", type=Path, required=True, help="dataset in GF-Minecraft layout")
        command.add_argument("--root", type=Path, default=None, help="folder of the run (default: runs/RECIPE)")
        command.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
        if verb == "init":
            command.add_argument(
                "--method", default="causal-cd", choices=("causal-cd",), help="how the student is initialised"
            )
        if verb == "export":
            command.add_argument("--out", type=Path, required=True, help="world folder to write")
            command.add_argument(
                "--about", type=Path, required=True, help="TOML file: name, title, licence, training and scenes"
            )
        else:
            command.add_argument(
                "--minutes", type=float, default=None, help="stop after that long, to be resumed later"
            )
    _add_idm(verbs.add_parser("idm", help=_IDM, description=_IDM))
    return parser


def _add_idm(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, help="dataset in GF-Minecraft layout")
    command.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    command.add_argument("--root", type=Path, default=Path("runs/idm"), help="folder of the run (default: runs/idm)")
    command.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    command.add_argument("--minutes", type=float, default=None, help="stop after that long, to be resumed later")


def _run(arguments: argparse.Namespace) -> int:
    if arguments.verb == "idm":
        return _run_idm(arguments)
    from ..chain import Chain
    from ..data.clip import Dataset
    from ..data.gf_minecraft import GFMinecraft
    from ..data.scaled import ScaledDataset
    from ..recipes import RECIPES

    if arguments.recipe not in RECIPES:
        raise RunError(f"unknown recipe {arguments.recipe!r}; use one of {', '.join(RECIPES)}")
    root = arguments.root or Path("runs") / arguments.recipe
    stop = _stop_after(getattr(arguments, "minutes", None))
    recipe = RECIPES[arguments.recipe]()
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
        if not _stages(chain)[stage]():
            print(f"{stage}: stopped; start the same command again to resume", file=sys.stderr)
            return 0
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


def _stages(chain: "Chain") -> dict[str, Callable[[], bool]]:
    return {"autoencoder": chain.autoencoder, "teacher": chain.teacher, "ar": chain.ar, "init": chain.init}


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
