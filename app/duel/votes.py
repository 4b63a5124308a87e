"""Votes on which of two worlds is better: a log with one line of JSON per vote, and what can be said from it."""

import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path

from model.config import ConfigError, build, plain

VERSION = 1
_MOST_LINE = 1 << 16  # bytes; a vote takes some five hundred
_NORMAL_95 = 1.959963984540054  # quantile of the normal distribution that leaves 2.5 % above it


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A world as it was compared."""

    name: str
    hash: str
    steps: int
    """Evaluations per frame."""


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One line of the log."""

    version: int = VERSION
    time: str
    """ISO 8601, with the offset from UTC."""
    blind: bool
    draw: int
    """Seed from which the rounds were drawn: their scenes, seeds and sides."""
    round: int
    scene: str
    seed: int
    fps: float
    frames: int
    """Watched of each world."""
    left: Literal["a", "b"]
    """Which world was on the left."""
    choice: Literal["left", "right", "none"]
    a: Contender
    b: Contender

    @property
    def better(self) -> Literal["a", "b"] | None:
        """The world that was voted for; None for no difference."""
        if self.choice == "none":
            return None
        if self.choice == "left":
            return self.left
        return "b" if self.left == "a" else "a"


@dataclass(frozen=True)
class Tally:
    """Votes of one pair of worlds, counted."""

    a: int = 0
    b: int = 0
    neither: int = 0

    @property
    def decided(self) -> int:
        """Votes for one of the two."""
        return self.a + self.b

    def sentence(self) -> str:
        """Say it, with what it allows to conclude."""
        votes = self.decided + self.neither
        said = f"{votes} vote{'s' * (votes != 1)}: {self.a} for A, {self.b} for B, {self.neither} no difference"
        if not self.decided:
            return said
        low, high = wilson(self.a, self.decided)
        return (
            f"{said}; A has {self.a / self.decided:.0%} of those decided, 95% interval {low:.0%} to {high:.0%} (Wilson)"
        )


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95% interval of a share (E. B. Wilson 1927, "Probable inference"): right also for few trials."""
    z, share = _NORMAL_95, successes / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def tally(votes: Iterable[Vote], a: Contender, b: Contender) -> Tally:
    """Count the votes on `a` and `b`, whichever of them was called A then."""
    counts = {"a": 0, "b": 0, None: 0}
    for vote in votes:
        if (vote.a, vote.b) == (a, b):
            counts[vote.better] += 1
        elif (vote.a, vote.b) == (b, a):
            counts[{"a": "b", "b": "a", None: None}[vote.better]] += 1
    return Tally(counts["a"], counts["b"], counts[None])


def default_log() -> Path:
    """Where votes go if nobody says."""
    return user_data_path("arvd", appauthor=False) / "votes.jsonl"


def append_vote(path: Path, vote: Vote) -> None:
    """Add a line to the log, on the disk when this returns; a line that was cut short before it is left as it is.

    Raises:
        OSError: when the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        torn = size > 0 and file.read(1) != b"\n"
        file.write(b"\n" * torn + json.dumps(plain(vote)).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_votes(path: Path) -> tuple[list[Vote], int]:
    """Return the votes of a log, and how many of its lines are none that this arvd reads.

    Raises:
        OSError: when the file is there and cannot be read.
    """
    votes: list[Vote] = []
    strange = 0
    if not path.exists():
        return votes, strange
    with path.open("rb") as file:
        while line := file.readline(_MOST_LINE):
            try:
                vote = build(Vote, json.loads(line))
                if vote.version != VERSION:
                    raise ConfigError("another version")
                votes.append(vote)
            except (ValueError, RecursionError):
                strange += bool(line.strip())
    return votes, strange
