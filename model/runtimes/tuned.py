"""What is remembered of how fast each runtime computes a world on this machine."""

import functools
import hashlib
import importlib.metadata
import json
import os
import sys
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs

from ..files import write_atomically
from ..machine import count_threads, processor_model, use_threads
from .names import ONNX_RUNTIMES, RUNTIMES, runtime_of

LEAST_PSNR = 35.0
"""dB that a runtime's first frame has to come up to, against the reference."""

_CLEAN_PSNR = 50.0  # dB, between what half the precision comes up to and what eight bits do
_SHARE_OF_PACE = 0.7  # of a frame's time that computing it may take on all cores; the rest is for other programs
_SHARE_OF_OWN = 0.85  # the same where cores are left free, for drawing and whatever else comes
_CROWDED = 2.0
"""How much longer a frame takes on cores that draw as well: each product waits for the core that is drawing.

Measured on two cores beside software OpenGL: 28 ms became 84 on one machine, 70 became 105 on another.
"""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What one runtime takes with so many threads."""

    runtime: str
    threads: int
    frame_ms: float
    """Median of a step."""
    psnr: float
    """Of its first frame against `eager-fp32`, in dB; 100 where they are equal."""


@dataclass(frozen=True)
class Tuning:
    """All that was measured of one world."""

    timings: tuple[Timing, ...]

    def best(self, among: Container[str], *, asked: int | None = None, pace: float | None = None) -> Timing | None:
        """Return the fastest of these runtimes that is exact enough; None if none of them is.

        Where cores are to be left free (`asked` below 0), the fastest with those that are left, if it keeps the `pace`;
        where several do, time to spare is of less use than what eight bits lose. If none does, what will be fastest
        beside that for which cores were to be left.
        """
        exact = [timing for timing in self.timings if timing.psnr >= LEAST_PSNR and timing.runtime in among]
        left = _left(asked)
        sparing = [t for t in exact if left is not None and t.threads <= left and _keeps(t, pace, left)]
        clean = [timing for timing in sparing if timing.psnr >= _CLEAN_PSNR]
        return min(clean or sparing or exact, key=lambda timing: _beside(timing, left), default=None)

    def threads(self, runtime: str, *, asked: int | None = None, pace: float | None = None) -> int | None:
        """Threads with which `runtime` is fastest, None if that was not measured.

        At a `pace` in frames a second, the fewest that keep it with time to spare, if any do: they cost other programs
        less, and are disturbed less by them. Cores are left free (`asked` below 0) unless that costs too much.
        """
        known, left = [timing for timing in self.timings if timing.runtime == runtime], _left(asked)
        keeping = [t.threads for t in known if (left is None or t.threads <= left) and _keeps(t, pace, left)]
        if keeping:
            return min(keeping)
        return min(known, key=lambda timing: _beside(timing, left)).threads if known else None


def _left(asked: int | None) -> int | None:
    """Cores to compute with where `asked` is how many to leave free, below 0; None where none are to be, or can be."""
    left = count_threads(None) + asked if asked is not None and asked < 0 else 0
    return left if left > 0 else None


def _keeps(timing: Timing, pace: float | None, left: int | None) -> bool:
    share = _SHARE_OF_PACE if left is None else _SHARE_OF_OWN
    return pace is not None and timing.frame_ms <= share * 1000 / pace


def _beside(timing: Timing, left: int | None) -> float:
    """Milliseconds that a frame takes beside what the cores are shared with, of which `left` are not."""
    return timing.frame_ms * (_CROWDED if left is not None and timing.threads > left else 1.0)


def settle_threads(world: str, title: str, *, asked: int | None, pace: float | None) -> None:
    """Compute the world with this hash, by torch's runtime of this title, with as many threads as pay; in this thread.

    `asked` is what a person says, as `use_threads` counts: a number, or how many cores to leave free at least.
    """
    count = paying_threads(world, runtime_of(title), asked=asked, pace=pace)
    if count is not None:
        use_threads(count)


def paying_threads(world: str, runtime: str, *, asked: int | None, pace: float | None) -> int | None:
    """Return with how many threads the world with this hash is to be computed by `runtime`; None for all there are.

    Cores are left free as asked, unless that takes more than twice as long, as some code does; see `Tuning.threads`.
    """
    tuning = tuning_of(world)
    if tuning is None or (asked is not None and asked > 0):
        return asked
    measured = tuning.threads(runtime, asked=asked, pace=pace)
    return asked if measured is None else measured


def remember(world: str, timings: Sequence[Timing], card: str = "") -> None:
    """Keep what was measured of the world with this hash, on a GPU or on the processor, in the person's cache."""
    write_atomically(_place(world, card), json.dumps([asdict(timing) for timing in timings], indent=1).encode())


def tuning_of(world: str, card: str = "") -> Tuning | None:
    """Return what is remembered of the world with this hash on the GPU called `card`, None if nothing is.

    No name stands for the processor.
    """
    try:
        timings = tuple(Timing(**timing) for timing in json.loads(_place(world, card).read_bytes()))
        return Tuning(timings) if any(timing.psnr >= LEAST_PSNR for timing in timings) else None
    except (OSError, ValueError, TypeError):
        return None


def _place(world: str, card: str = "") -> Path:
    """Name of the file that remembers; what may change the result goes into it."""
    versions = (_version(package) for package in ("torch", "onnxruntime", "onnxruntime-gpu"))
    names = ",".join((*RUNTIMES, *ONNX_RUNTIMES))
    threads = str(count_threads(None)), os.environ.get("OMP_NUM_THREADS", "")
    parts = (world, card, processor_model(), *threads, sys.version, names, _sources(), *versions)
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return platformdirs.user_cache_path("arvd", appauthor=False) / "tuned" / f"{digest[:32]}.json"


@functools.cache
def _sources() -> str:
    """Digest of what computes worlds: what was found of an older version says nothing of this one."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"
