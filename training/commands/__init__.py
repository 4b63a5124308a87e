"""The command lines `arvd-train`, `arvd-data` and `arvd-eval`."""

import sys
from collections.abc import Callable

from model.errors import ArvdError


def run_command(run: Callable[[], int]) -> int:
    """Run a command; a user's mistake becomes one line on stderr and exit code 2, Ctrl-C exit code 1."""
    try:
        return run()
    except ArvdError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; start the same command again to resume", file=sys.stderr)
        return 1
