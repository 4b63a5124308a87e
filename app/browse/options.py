"""The part of the command line of `arvd-play` that is about browsing."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from ..options import DEFAULT_SIZE, UsageError

_OTHERS = (
    "world", "scene", "seed", "steps", "frames", "report", "uncapped", "record", "record_budget", "replay",
    "regenerate", "headless", "actions", "out",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BrowseOptions:
    """A checked command line."""

    root: Path
    """Folder of the footage."""
    size: tuple[int, int] = DEFAULT_SIZE


def check_browse(arguments: argparse.Namespace) -> BrowseOptions:
    """Turn parsed arguments into options that can be carried out.

    Raises:
        UsageError: naming the first thing that is wrong and how to mend it.
    """
    values = vars(arguments)
    for name in _OTHERS:
        if values[name] not in (None, False):
            raise UsageError(f"--{name.replace('_', '-')} does not go with --browse, which only needs a folder")
    root: Path = arguments.browse
    try:
        is_folder = root.is_dir()
    except (OSError, ValueError) as error:  # a name that no folder can have
        raise UsageError(f"--browse: {str(root)[:80]!r} cannot be opened ({error}); give a folder of footage") from None
    if not is_folder:
        raise UsageError(f"--browse: there is no folder {root}; give a folder of footage")
    return BrowseOptions(root=root, size=arguments.size or DEFAULT_SIZE)
