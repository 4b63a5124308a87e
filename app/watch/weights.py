"""What a training leaves that can be played: the worlds of its checkpoints and of its finished stages.

A run is the root folder of `arvd-train run`, or the folder of one of its stages. From the AR model on a stage leaves
`live/step-00001250/` with each checkpoint, and `world/` at its end.
"""

import json
from dataclasses import dataclass
from pathlib import Path

_PLACES = ("live/step-*/world.toml", "world/world.toml")
_LOG = "log.jsonl"
_LAST_BYTES = 1 << 16  # of a log, in which its last line stands whole


@dataclass(frozen=True)
class Weights:
    """A world that a run has left."""

    folder: Path
    made: int
    """When, in nanoseconds of the file system."""

    @property
    def title(self) -> str:
        """Which they are, as in "step 1,250 of ar-0"."""
        step = self.folder.name.removeprefix("step-")
        if self.folder.name != step and step.isascii() and step.isdecimal():
            return f"step {int(step):,} of {self.folder.parent.parent.name}"
        return f"the end of {self.folder.parent.name}"

    def state(self) -> tuple[object, ...]:
        """Return what changes when a file in the folder does."""
        found = []
        for path in sorted(self.folder.rglob("*")):
            try:
                about = path.stat()
            except OSError:
                continue
            found.append((path.name, about.st_size, about.st_mtime_ns))
        return tuple(found)


def newest_first(run: Path) -> list[Weights]:
    """Return what a run has left by now; empty for a folder that is no run, or none any more."""
    found = []
    for pattern in (*_PLACES, *(f"*/{place}" for place in _PLACES)):
        for path in run.resolve().glob(pattern):
            try:
                found.append(Weights(path.parent, path.stat().st_mtime_ns))
            except OSError:  # replaced by newer ones meanwhile
                continue
    return sorted(found, key=lambda weights: (weights.made, weights.folder.name), reverse=True)


def is_run(run: Path) -> bool:
    """Whether a training writes, or wrote, into this folder."""
    return bool(_logs(run) or newest_first(run))


def training_now(run: Path) -> str:
    """Return how far the stage is that logged last, as in "teacher-0, step 300"; empty where none did."""
    logs = _logs(run)
    if not logs:
        return ""
    newest = logs[-1]
    try:
        with newest.open("rb") as file:
            file.seek(max(0, newest.stat().st_size - _LAST_BYTES))
            step = int(json.loads(file.read().splitlines()[-1])["step"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return newest.parent.name
    return f"{newest.parent.name}, step {step:,}"


def _logs(run: Path) -> list[Path]:
    """Logs of the stages, the one that was written to last at the end."""
    dated = []
    for path in (*run.resolve().glob(_LOG), *run.resolve().glob(f"*/{_LOG}")):
        try:
            dated.append((path.stat().st_mtime_ns, path))
        except OSError:
            continue
    return [path for _, path in sorted(dated)]
