"""Times the parts of a frame without making anybody wait within it."""

import itertools
import time

import torch


class Clock:
    """Where a GPU computes its own clock is read: at the moment when it has done all that it was handed before."""

    def __init__(self, device: torch.device) -> None:
        """Begin the first lap."""
        self._read = _gpu_time if device.type == "cuda" else time.perf_counter
        self._marks: list[tuple[str, float | torch.cuda.Event]] = [("", self._read())]

    def lap(self, name: str) -> None:
        """End a lap and begin the next."""
        self._marks.append((name, self._read()))

    def laps(self) -> dict[str, float]:
        """Milliseconds of each lap, in order; waits until a GPU has done the last."""
        last = self._marks[-1][1]
        if isinstance(last, torch.cuda.Event):
            last.synchronize()
        return {name: _milliseconds(begin, end) for (_, begin), (name, end) in itertools.pairwise(self._marks)}


def _gpu_time() -> torch.cuda.Event:
    event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call] # torch leaves it untyped
    event.record()
    return event


def _milliseconds(begin: float | torch.cuda.Event, end: float | torch.cuda.Event) -> float:
    if isinstance(begin, torch.cuda.Event):
        return float(begin.elapsed_time(end))  # type: ignore[arg-type] # marks of one clock are of one kind
    assert not isinstance(end, torch.cuda.Event)
    return 1000 * (end - begin)
