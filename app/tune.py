"""`arvd-play --tune`: find what computes a world soonest here, compile it, remember it, and say what it gives."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model.errors import ArvdError
from model.runtimes.tuned import Tuning
from model.world_spec import WorldSpec, bundled_worlds, find_world, read_spec

from .options import UsageError

_OTHERS = (
    "scene", "seed", "steps", "threads", "window", "frames", "report", "size", "record", "record_budget", "actions",
    "out",
)  # fmt: skip
_SWITCHES = ("uncapped", "headless", "regenerate")


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
    """A checked command line."""

    worlds: tuple[Path, ...]
    device: str = "auto"


def check_tune(arguments: argparse.Namespace) -> TuneOptions:
    """Turn parsed arguments with `--tune` into options: the world that is named, else all that are bundled.

    Raises:
        ArvdError: naming the first thing that is wrong and how to mend it.
    """
    given = [name for name in _OTHERS if getattr(arguments, name) is not None]
    given += [name for name in _SWITCHES if getattr(arguments, name)]
    if given:
        raise UsageError(f"--{given[0].replace('_', '-')} is for playing; leave it out with --tune")
    if arguments.runtime != "auto":
        raise UsageError("--tune tries every runtime; leave --runtime out")
    worlds = tuple(bundled_worlds().values()) if arguments.world is None else (find_world(arguments.world),)
    return TuneOptions(worlds=worlds, device=arguments.device)


def run_tune(options: TuneOptions, say: Callable[[str], None] = print) -> None:
    """Tune each world and print a table; a world that cannot be tuned is said and the next one follows.

    Raises:
        ArvdError: when it was the only one.
    """
    for folder in options.worlds:
        spec = read_spec(folder)
        try:
            _tune(folder, spec, options.device, say)
        except ArvdError as error:
            if len(options.worlds) == 1:
                raise
            say(f"{spec.name}: {error}")


def _tune(folder: Path, spec: WorldSpec, device: str, say: Callable[[str], None]) -> None:
    from model.runtimes.tuning import tune

    say(f"{spec.name}: trying every runtime; what has to be compiled takes a minute")
    tuning = tune(folder, lambda runtime: say(f"  {runtime} ..."), device=device)
    best = tuning.best({timing.runtime for timing in tuning.timings})
    assert best is not None  # the reference is exact
    say(f"{'runtime':<16}{'threads':>8}{'ms a frame':>12}{'frames/s':>10}{'PSNR, dB':>10}")
    for timing in sorted(tuning.timings, key=lambda timing: timing.frame_ms):
        mark = "  <- fastest" if timing is best else ""
        say(
            f"{timing.runtime:<16}{timing.threads:>8}{timing.frame_ms:>12.1f}{1000 / timing.frame_ms:>10.1f}"
            f"{timing.psnr:>10.1f}{mark}"
        )
    played = _played(tuning, spec.fps, None)
    beside = _played(tuning, spec.fps, -1)
    otherwise = "" if beside == played else f", or by {beside} where the processor has to draw the window too"
    say(f"in the window it will be played by {played}{otherwise}")


def _played(tuning: Tuning, fps: float, asked: int | None) -> str:
    """By what a world is played with all cores, or with so many less; see `Tuning.best`."""
    best = tuning.best({timing.runtime for timing in tuning.timings}, asked=asked, pace=fps)
    assert best is not None
    threads = tuning.threads(best.runtime, asked=asked, pace=fps)
    return f"{best.runtime} with {threads} thread{'s' * (threads != 1)}"
