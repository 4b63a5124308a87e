"""How long a step waits for its data: reading, decoding and sending to the device, timed where a stage does that.

A stage opens `waiting` around what gives it a batch; whoever opened a `Stopwatch` around the step reads the sum. On a
GPU that time is lost whole: a step ends with its loss read, so nothing is left to compute when the next one asks.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

LARGE_SHARE = 0.05
"""Of a step's time: a machine that waits for longer should be fed better."""

_open: ContextVar["Stopwatch | None"] = ContextVar("stopwatch", default=None)


class Stopwatch:
    """Adds up the time of all `waiting` inside of it.

    Example:
        with Stopwatch() as stopwatch:
            stage.loss(step)
        stopwatch.seconds
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._token: Token[Stopwatch | None] | None = None

    def __enter__(self) -> "Stopwatch":
        """Begin to listen."""
        self._token = _open.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        assert self._token is not None
        _open.reset(self._token)


@contextmanager
def waiting() -> Iterator[None]:
    """Time what is inside for the stopwatch around it, if there is one."""
    before = time.perf_counter()
    try:
        yield
    finally:
        if (stopwatch := _open.get()) is not None:
            stopwatch.seconds += time.perf_counter() - before
