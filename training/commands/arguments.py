"""Kinds of argument that several commands take."""

import argparse
import re

_LARGEST = 4096


def frame_size(text: str) -> tuple[int, int]:
    """Read "160x96", width first, into (height, width); sides are even, 16 to 4096.

    Raises:
        argparse.ArgumentTypeError: saying what is expected.
    """
    found = re.fullmatch(r"([0-9]{1,4})x([0-9]{1,4})", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(16 <= side <= _LARGEST and side % 2 == 0 for side in (width, height)):
        raise argparse.ArgumentTypeError(f"{text!r} is no frame size; write for example 160x96, sides even")
    return height, width
