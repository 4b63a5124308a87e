"""What single words of a command line mean; each raises argparse's own error for what it cannot read."""

import argparse
import re

MAX_SEED = 2**63 - 1
_SMALLEST_WINDOW, _LARGEST_WINDOW = 240, 16384


def seed(text: str) -> int:
    """Read a seed."""
    if not text.isascii() or not text.isdigit() or int(text) > MAX_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {MAX_SEED}")
    return int(text)


def count(text: str) -> int:
    """Read how many frames there are to be: 1 or more."""
    return _number_of("frames", text)


def cores(text: str) -> int:
    """Read with how many cores to compute: 1 or more."""
    return _number_of("cores", text)


def index(text: str) -> int:
    """Read which frame: 0 or more."""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a frame; give 0 or more")
    return int(text)


def size(text: str) -> tuple[int, int]:
    """Read width and height of a window."""
    found = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", text)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(_SMALLEST_WINDOW <= side <= _LARGEST_WINDOW for side in sides):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a window size; write for example 1280x720, "
            f"with sides from {_SMALLEST_WINDOW} to {_LARGEST_WINDOW}"
        )
    return sides


def _number_of(what: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of {what}; give 1 or more")
    return int(text)
