"""Numbers about frames: durations, percentiles, rates. Knows neither a clock nor a screen."""

import math
from array import array
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from itertools import accumulate

import numpy as np

_EXACT = 4096  # durations whose percentiles are exact: four minutes at the bundled world's rate
_RATIO = math.log(1.005)  # from one bin to the next, beyond those
_LEAST_MS, _MOST_MS = 1e-3, 1e7


class Series:
    """Durations in milliseconds. However many come, they take no more than some dozen kilobytes.

    Percentiles of more than 4,096 are those of bins half a percent wide.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._first = array("d")
        self._bins: Counter[int] = Counter()
        self._count = 0
        self._total = 0.0
        self.largest = 0.0
        """0 where there are none."""

    def __len__(self) -> int:
        """Count the durations."""
        return self._count

    def add(self, milliseconds: float) -> None:
        """Append one duration."""
        if self._count < _EXACT:
            self._first.append(milliseconds)
        self._bins[math.floor(math.log(min(_MOST_MS, max(_LEAST_MS, milliseconds))) / _RATIO)] += 1
        self._count += 1
        self._total += milliseconds
        self.largest = max(self.largest, milliseconds)

    def total(self) -> float:
        """Sum of all durations."""
        return self._total

    def percentiles(self, *ranks: int) -> dict[str, float]:
        """Return `{"p50": ...}` for each rank over all durations; 0 where there are none."""
        if self._count <= _EXACT:
            return percentiles(self._first, *ranks)
        return {f"p{rank}": round(self._percentile(rank), 3) for rank in ranks}

    def _percentile(self, rank: int) -> float:
        wanted = rank / 100 * (self._count - 1)
        bins = sorted(self._bins)
        upto = accumulate(self._bins[number] for number in bins)
        found = next(number for number, count in zip(bins, upto, strict=True) if count > wanted)
        return math.exp((found + 0.5) * _RATIO)


class MeanRate:
    """Events per second over a whole run, pauses left out."""

    def __init__(self) -> None:
        """Start empty."""
        self._newest: float | None = None
        self._spans = 0
        self._seconds = 0.0

    def tick(self, now: float) -> None:
        """Note an event at `now` seconds."""
        if self._newest is not None:
            self._spans += 1
            self._seconds += now - self._newest
        self._newest = now

    def pause(self) -> None:
        """Count no time from the newest event to the next."""
        self._newest = None

    def per_second(self) -> float:
        """Events per second, 0 before the second event."""
        return self._spans / self._seconds if self._seconds else 0.0


class StepStats:
    """What the generator's steps cost and how often they came, over a whole run."""

    def __init__(self) -> None:
        """Start empty."""
        self.steps = Series()
        self.rate = MeanRate()
        self._stages: dict[str, float] = {}

    def add(self, step_ms: float, stage_ms: Mapping[str, float], ended: float) -> None:
        """Record one step that ended at `ended` seconds, and its stages."""
        self.steps.add(step_ms)
        self.rate.tick(ended)
        for name, milliseconds in stage_ms.items():
            self._stages[name] = self._stages.get(name, 0.0) + milliseconds

    def summary(self) -> dict[str, object]:
        """Return what a report says of the steps.

        `frames`: how many were generated.
        `fps`: frames per second on the clock of the wall from the first to the last, whatever was done between
        them, pauses (the menu, a new start) left out; 0 for fewer than two frames. In a window that keeps the
        world's rate it is about that rate, with `--uncapped` what the machine can do.
        `step_fps`: frames per second of the time that the steps took.
        `frame_ms`: percentiles of that time. `stage_ms`: its mean for each stage.
        """
        frames, total = len(self.steps), self.steps.total()
        return {
            "frames": frames,
            "fps": round(self.rate.per_second(), 2),
            "step_fps": round(1000 * frames / total, 2) if total else 0.0,
            "frame_ms": self.steps.percentiles(50, 95, 99),
            "stage_ms": {name: round(spent / frames, 3) for name, spent in self._stages.items()},
        }


class Rate:
    """Events per second over the newest ones."""

    def __init__(self, newest: int = 33) -> None:
        """Look at the `newest` events."""
        self._times: deque[float] = deque(maxlen=newest)

    def tick(self, now: float) -> None:
        """Note an event at `now` seconds."""
        self._times.append(now)

    def pause(self) -> None:
        """Forget the past, so that a pause does not count as slowness."""
        self._times.clear()

    def per_second(self) -> float:
        """Events per second, 0 before the second event."""
        span = self._times[-1] - self._times[0] if self._times else 0.0
        return (len(self._times) - 1) / span if span > 0 else 0.0


class ScreenStats:
    """What the screen did, over a whole run."""

    def __init__(self) -> None:
        """Start empty."""
        self.latency = Series()
        """From the arrival of an input to the picture that shows it."""
        self.camera = Series()
        """From the arrival of mouse motion to the picture that is turned by it."""
        self.drawn = Series()
        """From the beginning of a picture to its being on the screen."""
        self.gaps = Series()
        """From one picture to the next, where there was something to show by the turn of the next."""
        self.rate = Rate()
        self._mean = MeanRate()
        self._newest: float | None = None

    def note_shown(self, now: float) -> None:
        """Note a picture shown at `now` seconds."""
        self.rate.tick(now)
        self._mean.tick(now)
        if self._newest is not None:
            self.gaps.add(1000 * (now - self._newest))
        self._newest = now

    def note_past(self, now: float) -> None:
        """Note a picture of the way back, shown at `now` seconds: it counts for the rate of the moment alone."""
        self.rate.tick(now)
        self._mean.pause()
        self.rest()

    def pause(self) -> None:
        """Count no time from the newest picture to the next: nothing was to be shown."""
        self.rate.pause()
        self._mean.pause()
        self.rest()

    def rest(self) -> None:
        """Count no gap from the newest picture to the next: nothing was to be shown at its turn."""
        self._newest = None

    def mean_rate(self) -> float:
        """Pictures per second while there was something to show."""
        return self._mean.per_second()


def percentiles(values: Iterable[float], *ranks: int) -> dict[str, float]:
    """Return `{"p50": ...}` for each rank, to a thousandth; 0 where there are none."""
    found = np.fromiter(values, dtype=np.float64)
    if not len(found):
        return {f"p{rank}": 0.0 for rank in ranks}
    return {f"p{rank}": round(float(np.percentile(found, rank)), 3) for rank in ranks}
