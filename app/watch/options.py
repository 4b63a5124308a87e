"""The part of the command line of `arvd-play` that is about watching a training."""

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from ..options import DEFAULT_SIZE, Options, UsageError, check
from .weights import is_run

_OTHERS = ("world", "replay", "regenerate", "browse", "versus", "headless", "actions", "out")


@dataclass(frozen=True, kw_only=True)
class WatchOptions:
    """A checked command line, but for what depends on the world, which may be still to come."""

    run: Path
    arguments: argparse.Namespace = field(repr=False)
    size: tuple[int, int] = DEFAULT_SIZE

    def playing(self, world: Path) -> Options:
        """Return the options that play a world of the run; raises ArvdError when they do not go with it."""
        return check(argparse.Namespace(**{**vars(self.arguments), "world": str(world), "watch": None}))


def check_watch(arguments: argparse.Namespace) -> WatchOptions:
    """Turn parsed arguments with `--watch` into options that can be carried out.

    Raises:
        UsageError: naming the first thing that is wrong and how to mend it.
    """
    values = vars(arguments)
    for name in _OTHERS:
        if values[name] not in (None, False):
            raise UsageError(f"--{name} does not go with --watch, which plays what a training makes in a window")
    run: Path = arguments.watch
    try:
        found = is_run(run)
    except (OSError, ValueError, RuntimeError) as error:  # a name that no folder can have
        raise UsageError(f"--watch: {str(run)[:80]!r} cannot be opened ({error}); give the folder of a run") from None
    if not found:
        raise UsageError(
            f"--watch: no training has written into {run}; give the folder that arvd-train was given as --root "
            "(runs/RECIPE, if none)"
        )
    return WatchOptions(run=run, arguments=arguments, size=arguments.size or DEFAULT_SIZE)
