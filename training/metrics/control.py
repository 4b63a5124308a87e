"""Whether a world does what the hands ask: forced turns and walks, judged by the motion of the picture.

Each start position (8 real frames of footage that was never trained on) is rolled out for 32 frames four
times: turning left, turning right (3 degrees a frame), walking forward, walking back. The share of scenes
whose picture moves the right way stands beside the same figure for real footage in which a player did the
same; a world that ignores its actions gets 50 % of the scenes, and from no start both of two directions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from model.actions import DEGREES_PER_UNIT, KEYS, Action, parse_actions
from model.footage.clip import Actions, Clip, Dataset

from .intervals import wilson_interval
from .motion import turn_total, walk_total
from .pictures import Bytes, sharpness
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_out_all

FRAMES = 32
"""Frames of a rollout."""

_LEAST_PIXELS, _LEAST_GROWTH = 1.0, 0.003  # a hundredth of what real footage shows in 32 frames
_SHORTEST = {"left": FRAMES, "right": FRAMES, "w": FRAMES, "s": 16, "a": 12, "d": 12}
"""Frames of a real segment at least; players seldom walk back or aside for longer."""
_TURNED = 48.0  # degrees within a real segment: 1.5 a frame, half of what is forced
_ONE_WAY = 0.8  # share of a turn that goes its way
_HELD = 0.95  # share of frames with the key held
_LITTLE_TURNING = 1.0  # degrees of yaw a frame, on average
_ASIDE = 8.0  # degrees of yaw within a segment of strafing, since turning moves the picture as strafing does


@dataclass(frozen=True)
class Force:
    """One thing that the hands are made to do."""

    name: str
    action: Action
    measure: Callable[[Bytes], float]
    sign: float
    """Sign of the measure when the picture obeys."""
    least: float
    """Smaller motion is none: a picture that stands still must not be right by rounding."""

    def obeyed(self, motions: "Motions") -> list[list[bool]]:
        """Whether each motion goes the way that was asked, clip by clip."""
        return [[self.sign * motion > self.least for motion in clip] for clip in motions]


Motions = Sequence[Sequence[float]]
"""What was measured of each scene, clip by clip."""


FORCES = (
    Force("left", parse_actions("left")[0], turn_total, 1.0, _LEAST_PIXELS),
    Force("right", parse_actions("right")[0], turn_total, -1.0, _LEAST_PIXELS),
    Force("w", parse_actions("w")[0], walk_total, 1.0, _LEAST_GROWTH),
    Force("s", parse_actions("s")[0], walk_total, -1.0, _LEAST_GROWTH),
)
GROUPS = {"turns": ("left", "right"), "walking": ("w", "s")}

STRAFES = (
    Force("a", parse_actions("a")[0], turn_total, 1.0, _LEAST_PIXELS),
    Force("d", parse_actions("d")[0], turn_total, -1.0, _LEAST_PIXELS),
)
"""Steps to the side; not part of `measure_control`, since real play holds few of them that last."""


@dataclass(frozen=True, kw_only=True)
class ControlConfig:
    """How much is measured."""

    clips: int = 20
    starts: int = 3
    """Start positions per clip."""
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Share:
    """Scenes that moved the right way, of how many, with the Wilson 95 % interval.

    Wilson's formula asks for independent trials. Scenes of one clip are none: they show one place in one light, and
    where a world obeys in one of them it does so in most. So it is given the share of the scenes and the number of
    clips: 60 of 60 scenes of 20 clips are as sure as 20 of 20 (84 to 100 %), not as 60 of 60 (94 to 100 %).
    """

    right: int
    count: int
    clips: int
    """That the scenes are from."""

    @classmethod
    def of(cls, clips: Sequence[Sequence[bool]]) -> "Share":
        """Of the scenes of each clip; a clip without any does not count."""
        return cls(sum(map(sum, clips)), sum(map(len, clips)), sum(map(bool, clips)))

    @property
    def share(self) -> float:
        """Right of all; nan when none was counted."""
        return self.right / self.count if self.count else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share; (0, 1) when none was counted."""
        return wilson_interval(self.share * self.clips if self.count else 0, self.clips)

    def document(self) -> dict[str, Any]:
        """Plain values for JSON; the share of nothing is null."""
        share = self.share if self.count else None
        return {"share": share, **asdict(self), "interval": self.interval}

    def __add__(self, other: "Share") -> "Share":
        """Both counts together, of the same clips: these do not become more."""
        return Share(self.right + other.right, self.count + other.count, max(self.clips, other.clips))


@dataclass(frozen=True)
class Rollouts:
    """What one start position became under each force, for pictures: name -> (32, h, w, 3)."""

    start: Start
    generated: Mapping[str, Bytes]


@dataclass
class _Tally:
    motions: list[list[float]] = field(default_factory=list)  # clip by clip
    sharp_last: list[float] = field(default_factory=list)
    sharp_real: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class ForceResult:
    """One force: share of scenes that obeyed, the same for real footage, medians, sharpness."""

    generated: Share
    real: Share
    motion_generated: float
    """Median of the measure: pixels (turns) or summed expansion rate (walking)."""
    motion_real: float
    sharpness_ratio: float
    """Mean gradient magnitude of frame 32 relative to the real frame before the rollout."""


@dataclass(frozen=True)
class GroupResult:
    """Both directions of turning or walking."""

    generated: Share
    """Starts from which both obeyed. Two rollouts from one start, with one noise, are one trial: a picture that always
    drifts one way obeys in one of them, whatever was asked."""
    real: Share
    """Segments of either direction, since no start of real footage has both."""


@dataclass(frozen=True)
class Control:
    """Result of `measure_control`."""

    forces: Mapping[str, ForceResult]
    groups: Mapping[str, GroupResult]
    """By name, as in `GROUPS`."""

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        forces = {
            name: asdict(result) | {"generated": result.generated.document(), "real": result.real.document()}
            for name, result in self.forces.items()
        }
        groups = {
            name: {"generated": group.generated.document(), "real": group.real.document()}
            for name, group in self.groups.items()
        }
        return {"frames": FRAMES, "forces": forces, **groups}


def measure_control(
    world: PlayableWorld,
    dataset: Dataset,
    config: ControlConfig,
    *,
    progress: Callable[[str], None] = ignore,
    keep: Callable[[Rollouts], None] = ignore,
) -> Control:
    """Roll out every force from every start; `keep` is handed those of the first start of each clip."""
    tallies = {force.name: _Tally() for force in FORCES}
    drawn = draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=FRAMES, seed=config.seed + 2)
    for starts in drawn:
        progress(f"control {starts[0].clip}")
        for tally in tallies.values():
            tally.motions.append([])
        for k, start in enumerate(starts):
            asked = [[force.action] * FRAMES for force in FORCES]
            rolled = roll_out_all(world, [start] * len(FORCES), asked, seed=config.seed, steps=config.steps)
            generated = {}
            for force, frames in zip(FORCES, rolled, strict=True):
                generated[force.name] = frames
                tally = tallies[force.name]
                tally.motions[-1].append(force.measure(np.concatenate([start.last[None], frames])))
                tally.sharp_last.append(float(sharpness(frames[-1])))
                tally.sharp_real.append(float(sharpness(start.last)))
            if k == 0:
                keep(Rollouts(start, generated))
    real = measure_real(dataset, clips=config.clips, progress=progress)
    return Control(
        forces={force.name: _result(force, tallies[force.name], real[force.name]) for force in FORCES},
        groups={name: _group(members, tallies, real) for name, members in GROUPS.items()},
    )


def measure_real(
    dataset: Dataset, *, clips: int, forces: Sequence[Force] = FORCES, progress: Callable[[str], None] = ignore
) -> dict[str, list[list[float]]]:
    """Motion of the picture in every real segment of each clip that does what a force asks for, by its name."""
    motions: dict[str, list[list[float]]] = {force.name: [] for force in forces}
    for index in range(min(clips, len(dataset.names))):
        clip = dataset.read(index)
        progress(f"real footage {clip.name}")
        for force in forces:
            motions[force.name].append([force.measure(frames) for frames in real_segments(clip, force.name)])
    return motions


def both_obeyed(one: Sequence[Sequence[bool]], other: Sequence[Sequence[bool]]) -> Share:
    """Starts from which both of two opposite directions obeyed, of the same starts clip by clip."""
    return Share.of([[a and b for a, b in zip(*clips, strict=True)] for clips in zip(one, other, strict=True)])


def real_segments(clip: Clip, force: str) -> Iterator[Bytes]:
    """Segments of a clip in which the player did what `force` names, without overlap: (17..33, h, w, 3).

    Turns: 32 frames with at least 48 degrees, 80 % of all turning one way. Walking: the key held (and its
    opposite not) with at most 1 degree of yaw a frame on average; forward 32 frames, back 16 to 32. Strafing:
    the same with neither forward nor back and at most 8 degrees of yaw in all, 12 to 32 frames.
    """
    shortest = _SHORTEST[force]
    first = 1  # action 0 belongs to no transition
    while first + shortest <= len(clip):
        lengths = range(min(FRAMES, len(clip) - first), shortest - 1, -1)
        length = next((n for n in lengths if _does(clip.actions[first : first + n], force)), 0)
        if length:
            yield clip.frames[first - 1 : first + length]
        first += length or 4


def _does(actions: Actions, force: str) -> bool:
    yaw = actions[:, -1] * DEGREES_PER_UNIT
    if force in GROUPS["turns"]:
        toward = yaw.sum() if force == "right" else -yaw.sum()
        return bool(toward > _TURNED and toward > _ONE_WAY * np.abs(yaw).sum())
    key, *others = _HOLD_AND_RELEASE[force]
    held, released = actions[:, KEYS.index(key)], actions[:, [KEYS.index(other) for other in others]]
    straight = np.abs(yaw).mean() <= _LITTLE_TURNING and (force in "ws" or abs(yaw.sum()) <= _ASIDE)
    return bool(held.mean() >= _HELD and not released.any() and straight)


_HOLD_AND_RELEASE = {
    "w": ("forward", "back"),
    "s": ("back", "forward"),
    "a": ("left", "right", "forward", "back"),
    "d": ("right", "left", "forward", "back"),
}


def _group(members: tuple[str, str], tallies: Mapping[str, _Tally], real: Mapping[str, Motions]) -> GroupResult:
    one, other = (force for force in FORCES if force.name in members)
    found = zip(one.obeyed(real[one.name]), other.obeyed(real[other.name]), strict=True)
    return GroupResult(
        generated=both_obeyed(one.obeyed(tallies[one.name].motions), other.obeyed(tallies[other.name].motions)),
        real=Share.of([[*a, *b] for a, b in found]),
    )


def _result(force: Force, tally: _Tally, real: Motions) -> ForceResult:
    segments = [motion for clip in real for motion in clip]
    return ForceResult(
        generated=Share.of(force.obeyed(tally.motions)),
        real=Share.of(force.obeyed(real)),
        motion_generated=float(np.median(tally.motions)),
        motion_real=float(np.median(segments)) if segments else float("nan"),
        sharpness_ratio=float(np.sum(tally.sharp_last) / max(np.sum(tally.sharp_real), 1e-9)),
    )
