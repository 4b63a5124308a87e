"""What `arvd-play` takes on its command line to watch a training."""

import argparse
from pathlib import Path


def add_watch_options(parser: argparse.ArgumentParser) -> None:
    """Add `--watch`."""
    group = parser.add_argument_group("training")
    group.add_argument(
        "--watch",
        type=Path,
        metavar="RUN",
        help="play the newest weights of a training while it runs (folder that arvd-train was given as --root, or that "
        "of one stage); newer ones take over in the midst of the walk, and before the first there is a waiting screen",
    )
