"""The real game, for the tests that need it; and who is alive."""

import sys
import time
from pathlib import Path

from model.errors import DataError
from training.capture.installed import Installed, find_installed

from ...app.display import unavailable

COMMAND = [
    sys.executable,
    "-c",
    "import argparse, sys\n"
    "from training.commands import data_capture\n"
    "from training.commands.run import run_command\n"
    "parser = argparse.ArgumentParser()\n"
    "data_capture.add_to(parser.add_subparsers(required=True))\n"
    "arguments = parser.parse_args()\n"
    "sys.exit(run_command(lambda: arguments.run(arguments)))",
    "capture",
]
"""The command line, by itself."""


def require_game() -> Installed:
    """Skip the test, or fail it under ARVD_REQUIRE_WINDOW_TESTS=1, where the game cannot run."""
    try:
        return find_installed()
    except DataError as error:
        unavailable(str(error))


def descendants(process: int) -> set[int]:
    """Numbers of the processes that a process has started, and those have."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            after_name = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(folder.name)] = int(after_name[1])
    found, more = set[int](), {process}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def gone(processes: set[int]) -> bool:
    """Whether all of them end within a minute; one that only waits to be buried has ended."""
    end = time.monotonic() + 60
    while any(_runs(process) for process in processes):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
