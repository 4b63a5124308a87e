"""What every command line does around its work: answer mistakes in one sentence, choose the exit code."""

import os
import sys
import traceback
from collections.abc import Callable

from model.errors import ArvdError
from model.machine import wait_calmly


def run_command(run: Callable[[], int]) -> int:
    """Run a command; a user's mistake becomes one line on stderr and exit code 2, all else exit code 1."""
    wait_calmly()
    try:
        return run()
    except ArvdError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        print(f'error: this needs {error.name}, which is not installed; pip install "arvd[torch]"', file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"error: {error.filename or 'a file'}: {error.strerror or error}; check the path and the space left",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("interrupted; start the same command again to resume", file=sys.stderr)
        return 1
    except Exception as error:  # the last line of defence: one sentence, the traceback on request
        print(
            f"error: {type(error).__name__}: {' '.join(str(error).split())}; ARVD_TRACEBACK=1 shows where",
            file=sys.stderr,
        )
        if os.environ.get("ARVD_TRACEBACK"):
            traceback.print_exception(error)
        return 1
