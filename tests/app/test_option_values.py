import argparse
from collections.abc import Callable

import pytest

from app.option_values import cores, count, index, seed, size


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (count, "0", "'0' is not a number of frames; give 1 or more"),
        (cores, "0", "'0' is not a number of cores; give 1 or more"),
        (cores, "-3", "'-3' is not a number of cores; give 1 or more"),
        (index, "-1", "'-1' is no number of a frame; give 0 or more"),
        (seed, "\u0661", "'\u0661' is not a whole number from 0 to"),  # a digit, but none that is ASCII
        (size, "9x9", "'9x9' is not a window size; write for example 1280x720"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_remedy(read: Callable[[str], object], text: str, said: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refused:
        read(text)
    assert str(refused.value).startswith(said)


def test_what_can_be_read() -> None:
    assert (count("2"), cores("1"), index("0"), seed("7"), size("1280x720")) == (2, 1, 0, 7, (1280, 720))
