"""`arvd-data`: footage from a real game or in any format of the field, looked at, checked, encoded for training."""

import argparse
import sys

from . import data_capture, data_check, data_encode, data_export, data_import, data_stats
from .run import run_command


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns 0 done, 1 problems found, 2 bad input."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: arguments.run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arvd-data", description="Capture, import, check and export footage, and encode it for training."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for verb in (data_capture, data_import, data_export, data_check, data_stats, data_encode):
        verb.add_to(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(main())
