"""What a dataset holds: how much, how often each key is down, how the camera turns, where and when it was recorded."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from model.actions import DEGREES_PER_UNIT, KEYS
from model.footage.clip import Actions, Dataset, Known

TURN_EDGES = (-180.0, -20.0, -10.0, -5.0, -2.0, -1.0, -0.25, 0.25, 1.0, 2.0, 5.0, 10.0, 20.0, 180.0)
"""Degrees per frame between which turns are counted; the middle is the hand at rest."""

_CAMERA = slice(len(KEYS), None)


@dataclass(frozen=True, kw_only=True)
class Stats:
    """Numbers of a dataset; shares and deviations leave out each clip's neutral first action.

    Each share is of the actions in which the thing was recorded at all; 0 where it never was.
    """

    clips: int
    frames: int
    hours: float
    size: tuple[int, int]
    """Height and width of the frames."""
    fps: float
    key_shares: Mapping[str, float]
    """Share of the actions in which each key is down."""
    unknown: tuple[str, ...]
    """Keys that no clip recorded; "camera" among them where none recorded that."""
    pitch_std: float
    """Deviation in degrees per frame."""
    yaw_std: float
    pitch_turns: tuple[int, ...]
    """Actions with a pitch between each two `TURN_EDGES`."""
    yaw_turns: tuple[int, ...]
    turning: float
    """Share of the actions that turn the camera at all."""
    idle: float
    """Share of the actions in which nothing is down and nothing turns."""
    held_together: tuple[float, ...]
    """Share of the actions in which 0, 1, 2, ... keys are down."""
    longest_still: tuple[str, int]
    """Clip with the longest run of idle actions, and its length in frames."""
    biomes: Mapping[str, int]
    """Clips of each; those that do not say are left out, here and below."""
    weathers: Mapping[str, int]
    times: Mapping[str, int]
    tags: Mapping[str, int]
    prompts: Mapping[str, int]
    """Frames described by each text."""

    def document(self) -> dict[str, Any]:
        """Everything as JSON."""
        tables = ("key_shares", "biomes", "weathers", "times", "tags", "prompts")
        plain = {name: value for name, value in vars(self).items() if name not in tables}
        return plain | {name: dict(getattr(self, name)) for name in tables} | {"turn_edges": TURN_EDGES}


@dataclass(eq=False)
class _Sums:
    """What is added up clip by clip."""

    keys: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(len(KEYS)))
    key_rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(KEYS), np.int64))
    camera: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros((2, 2)))
    """Sums and sums of squares of pitch and yaw in degrees."""
    turns: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((2, len(TURN_EDGES) - 1), np.int64))
    camera_rows: int = 0
    turning: int = 0
    rows: int = 0
    idle: int = 0
    together: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(len(KEYS) + 1, np.int64))

    def add(self, actions: Actions, known: Known) -> int:
        """Count the actions (t, 11) of one clip, without its neutral first; returns its longest idle run."""
        held = (actions[:, : len(KEYS)] >= 0.5) & known[: len(KEYS)]
        self.keys += held.sum(0)
        self.key_rows += len(actions) * known[: len(KEYS)]
        self.together += np.bincount(held.sum(1), minlength=len(KEYS) + 1)
        self.rows += len(actions)
        idle = ~held.any(1)
        if known[_CAMERA].all():
            degrees = actions[:, _CAMERA].astype(np.float64) * DEGREES_PER_UNIT
            self.camera += np.stack([degrees.sum(0), (degrees**2).sum(0)])
            self.turns += np.stack([np.histogram(axis, TURN_EDGES)[0] for axis in degrees.T])
            self.camera_rows += len(actions)
            self.turning += int(degrees.any(1).sum())
            idle &= ~degrees.any(1)
        self.idle += int(idle.sum())
        ends = np.flatnonzero(np.concatenate([[True], ~idle, [True]]))
        return int(np.diff(ends).max()) - 1


def measure_stats(dataset: Dataset) -> Stats:
    """Count through the actions of `dataset`; no video is decoded."""
    sums = _Sums()
    biomes, weathers, times, tags, prompts = (Counter[str]() for _ in range(5))
    longest = (dataset.names[0], 0)
    for index, name in enumerate(dataset.names):
        still = sums.add(dataset.actions(index)[1:], dataset.known(index))
        longest = max(longest, (name, still), key=lambda entry: entry[1])
        details = dataset.details(index)
        for counter, entry in ((biomes, details.biome), (weathers, details.weather), (times, details.time)):
            counter.update([entry] if entry else [])
        tags.update(details.tags)
        for prompt in details.prompts:
            prompts[prompt.text] += prompt.end - prompt.start
    frames = sum(dataset.frame_counts)
    shares = sums.keys / np.maximum(sums.key_rows, 1)
    mean, square = sums.camera / max(sums.camera_rows, 1)
    pitch_std, yaw_std = np.sqrt(np.maximum(square - mean**2, 0)).tolist()
    together = sums.together[: np.flatnonzero(sums.together).max(initial=0) + 1] / max(sums.rows, 1)
    unrecorded = [key for key, rows in zip(KEYS, sums.key_rows, strict=True) if not rows and sums.rows]
    return Stats(
        clips=len(dataset.names),
        frames=frames,
        hours=frames / dataset.fps / 3600,
        size=dataset.size,
        fps=dataset.fps,
        key_shares=dict(zip(KEYS, shares.tolist(), strict=True)),
        unknown=tuple(unrecorded + ["camera"] * bool(sums.rows and not sums.camera_rows)),
        pitch_std=pitch_std,
        yaw_std=yaw_std,
        pitch_turns=tuple(sums.turns[0].tolist()),
        yaw_turns=tuple(sums.turns[1].tolist()),
        turning=sums.turning / max(sums.camera_rows, 1),
        idle=sums.idle / max(sums.rows, 1),
        held_together=tuple(together.tolist()),
        longest_still=longest,
        biomes=dict(biomes.most_common()),
        weathers=dict(weathers.most_common()),
        times=dict(times.most_common()),
        tags=dict(tags.most_common()),
        prompts=dict(prompts.most_common()),
    )
