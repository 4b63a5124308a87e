"""What a person in front of a terminal should know though all goes on."""

import contextlib
import sys


def warn(sentence: str) -> None:
    """Say a sentence on stderr, if there is anybody to take it."""
    with contextlib.suppress(OSError):
        print(f"warning: {sentence}", file=sys.stderr, flush=True)
