"""What `arvd-play` takes on its command line to compare two worlds."""

import argparse
from pathlib import Path


def add_duel_options(parser: argparse.ArgumentParser) -> None:
    """Add `--versus` and what belongs to it."""
    group = parser.add_argument_group("two worlds side by side")
    group.add_argument(
        "--versus",
        metavar="NAME|FOLDER",
        help="compare this world (B) with that of --world (A): same hands, scene and seed; 1, 2 and 0, or a click "
        "in the pause, vote for left, right and no difference, and a new scene begins",
    )
    group.add_argument("--blind", action="store_true", help="with --versus: hide which is which, shuffle the sides")
    group.add_argument(
        "--votes", type=Path, metavar="FILE", help="with --versus: log of votes (default: in the folder of your data)"
    )
