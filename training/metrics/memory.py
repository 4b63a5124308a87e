"""Whether a world knows again what it has shown: turn away and back, turn all the way round, walk off and return.

From real footage the camera is led along paths that come back, and each view is compared with what the world showed
there before; the first is the real frame that the path starts from. Beside it stand two *unrelated* pictures (what was
shown before and the opposite view of the same scene, as the same world draws it: what a world without memory gets if
it keeps the colours) and the ceiling (what was shown before, through the autoencoder).

The first path turns by 390 degrees, so that its middle supplies the opposite views. Returning frame by frame is what
the actions ask for; a game in which something stands in the way would not come back to the pixel either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from model.actions import TURN_DEGREES, Action, parse_actions
from model.footage.clip import Dataset

from .intervals import Estimate, estimate
from .pictures import Bytes, psnr, ssim
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_clips

_ROUND = round(360 / TURN_DEGREES)  # frames of a full turn
_PAIRS = 10  # revisits at most that are compared of a path


@dataclass(frozen=True)
class Path:
    """Actions that lead back, and which of its frames show the same view; frame 0 is the real one before it."""

    name: str
    actions: tuple[Action, ...]
    revisits: tuple[tuple[int, int], ...]
    """(seen, again)."""


def there_and_back(name: str, there: str, back: str, frames: int) -> Path:
    """`frames` frames of one action string, then as many of the one that undoes it."""
    actions = parse_actions(f"{there}*{frames}, {back}*{frames}")
    seen = sorted({round(k) for k in np.linspace(0, frames - 1, min(frames, _PAIRS))})
    return Path(name, tuple(actions), tuple((k, 2 * frames - k) for k in seen))


ROUND = Path(
    "turn 360", tuple(parse_actions(f"right*{_ROUND + _PAIRS}")), tuple((k, _ROUND + k) for k in range(_PAIRS + 1))
)
"""All the way round and 30 degrees further."""

PATHS = (
    ROUND,
    there_and_back("turn 30", "right", "left", 10),
    there_and_back("turn 90", "right", "left", 30),
    there_and_back("walk 8", "w", "s", 8),
    there_and_back("walk 32", "w", "s", 32),
)
"""Turns by degrees and walks by frames, each there and back."""


@dataclass(frozen=True, kw_only=True)
class MemoryConfig:
    """How much is measured."""

    clips: int = 10
    starts: int = 1
    """Starts per clip, each of which is led along every path."""
    steps: int | None = None
    """Denoising evaluations per frame; the world's own number if None."""
    seed: int = 0


@dataclass(frozen=True)
class Likeness:
    """How alike two pictures are by one measure."""

    again: Estimate
    """Of a view seen again and what was shown there before."""
    unrelated: Estimate
    """Of the opposite view and what was shown before."""
    gain: Estimate
    """The first minus the second: 0 = nothing is known again."""
    ceiling: Estimate
    """Of what was shown before and the same through the autoencoder."""


@dataclass(frozen=True)
class Revisits:
    """Views that were seen again."""

    psnr: Likeness
    """In dB."""
    ssim: Likeness


@dataclass(frozen=True)
class Memory:
    """Result of `measure_memory`."""

    starts: int
    paths: Mapping[str, Revisits]
    """By name of the path."""
    by_age: Mapping[str, Mapping[int, Revisits]]
    """The same by the frames that lie between seeing a view and seeing it again, by path."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Recall:
    """What one start became along each path, for pictures: name -> (1 + frames, h, w, 3), the real frame first."""

    start: Start
    frames: Mapping[str, Bytes]


@dataclass
class _Tally:
    """Numbers of revisits (psnr and ssim of revisit, unrelated, ceiling), by clip."""

    clips: list[list[tuple[float, ...]]] = field(default_factory=list)

    def revisits(self, seed: int) -> Revisits:
        return Revisits(self._likeness(0, seed), self._likeness(3, seed))

    def _likeness(self, first: int, seed: int) -> Likeness:
        again, unrelated, ceiling = (
            estimate([[row[first + k] for row in rows] for rows in self.clips], seed) for k in range(3)
        )
        gain = estimate([[row[first] - row[first + 1] for row in rows] for rows in self.clips], seed)
        return Likeness(again, unrelated, gain, ceiling)


def measure_memory(
    world: PlayableWorld,
    dataset: Dataset,
    config: MemoryConfig,
    *,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[Recall], None] = ignore,
) -> Memory:
    """Lead every start along every path; `keep` is handed what the first start of each clip became."""
    tallies = {(path.name, again - seen): _Tally() for path in PATHS for seen, again in path.revisits}
    clips = list(draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=1, seed=config.seed + 5))
    walks = [
        roll_clips(world, [_led(starts, path) for starts in clips], seed=config.seed, steps=config.steps)
        for path in PATHS
    ]
    for starts, *rolled in zip(clips, *walks, strict=True):
        progress(f"memory {starts[0].clip}")
        for tally in tallies.values():
            tally.clips.append([])
        for k, start in enumerate(starts):
            frames = (np.concatenate([start.last[None], made[k]]) for _, made in rolled)
            walked = dict(zip((path.name for path in PATHS), frames, strict=True))
            for path in PATHS:
                for (seen, again), row in zip(path.revisits, _compare(world, path, walked), strict=True):
                    tallies[path.name, again - seen].clips[-1].append(row)
            if k == 0:
                keep(Recall(start, walked))
    by_age: dict[str, dict[int, Revisits]] = {path.name: {} for path in PATHS}
    for (name, age), tally in sorted(tallies.items(), key=lambda item: item[0][1]):
        by_age[name][age] = tally.revisits(config.seed)
    paths = {path.name: _joined(tallies, path.name).revisits(config.seed) for path in PATHS}
    return Memory(sum(map(len, clips)), paths, by_age)


def _led(starts: Sequence[Start], path: Path) -> list[Start]:
    """The same starts, to be led along a path in place of what the player did."""
    return [replace(start, future_actions=path.actions) for start in starts]


def _compare(world: PlayableWorld, path: Path, walked: Mapping[str, Bytes]) -> list[tuple[float, ...]]:
    """One row per revisit: PSNR, then SSIM, of revisit, unrelated and ceiling."""
    seen, again = (np.array(column) for column in zip(*path.revisits, strict=True))
    before, after = walked[path.name][seen], walked[path.name][again]
    opposite = walked[ROUND.name][_ROUND // 2 + seen]
    pairs = ((after, before), (opposite, before), (world.reconstruct(before), before))
    columns = [measure(*pair) for measure in (psnr, ssim) for pair in pairs]
    return [tuple(float(value) for value in row) for row in np.stack(columns, 1)]


def _joined(tallies: Mapping[tuple[str, int], _Tally], name: str) -> _Tally:
    """All ages of a path together, clip by clip."""
    ages = [tally.clips for (path, _), tally in tallies.items() if path == name]
    return _Tally([[row for rows in clip for row in rows] for clip in zip(*ages, strict=True)])
