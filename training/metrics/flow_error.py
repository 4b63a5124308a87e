"""Whether a world's picture moves as the real one does under the same actions, by dense optical flow.

*Dynamic degree* (as VBench names it; here relative): mean length of the flow over 4 frames of generated rollouts
over that of the real frames that followed the same starts; 1 = as lively as real, 0 = a photograph. It says nothing
of direction.

*Flow error* (GameFactory, arXiv:2501.08325): mean squared difference, in pixels, between the flow of neighbouring
generated frames and that of the real frames under the same actions; apart for frames in which only keys, a little
mouse or much mouse moved the picture. A rollout drifts away from what really stood there, so no world reaches 0:
beside it stand a still picture (whose flow is 0) and the real frames through the autoencoder (the floor).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.actions import Action
from model.footage.clip import Dataset

from .flow import flow, flows, magnitudes
from .intervals import Estimate, estimate, estimate_ratio
from .pictures import Bytes, Floats, luminance
from .playable import PlayableWorld, Start, draw_starts, ignore, roll_clips

FRAMES = 32
"""Frames of a rollout."""

DYNAMIC_GAP = 4
"""Frames between the pictures of a dynamic degree."""

STILL_DEGREES = 0.5
"""|yaw| + |pitch| of a frame up to which only keys count: less than a pixel."""

SMALL_DEGREES = 4.0
"""|yaw| + |pitch| of a frame up to which the mouse moved little."""

GROUPS = ("keys", "small mouse", "large mouse")

_EVERY = 2  # of the neighbouring pairs of a rollout one in so many is compared


@dataclass(frozen=True, kw_only=True)
class FlowConfig:
    """How much is measured."""

    clips: int = 20
    starts: int = 2
    """Rollouts per clip."""
    steps: int | None = None
    """Denoising evaluations per frame; the world's own number if None."""
    seed: int = 0


@dataclass(frozen=True)
class GroupError:
    """Flow error of one group of frames, in squared pixels."""

    generated: Estimate
    still: Estimate
    """Of repeating the last frame: the mean squared length of the real flow."""
    autoencoder: Estimate
    """Of the real frames, encoded and decoded: the floor."""
    relative: Estimate
    """Generated over still; below 1 the picture moves more rightly than not at all."""


@dataclass(frozen=True)
class FlowError:
    """Result of `measure_flow`."""

    rollouts: int
    dynamic_degree: Estimate
    dynamic_autoencoder: Estimate
    """Dynamic degree of the real frames, encoded and decoded: what softness alone takes or adds."""
    dynamic_by_frame: Mapping[int, Estimate]
    """Dynamic degree of the 4 frames that end so many frames into a rollout."""
    groups: Mapping[str, GroupError]

    def document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        degrees = {"keys": STILL_DEGREES, "small mouse": SMALL_DEGREES}
        return asdict(self) | {"frames": FRAMES, "dynamic_gap": DYNAMIC_GAP, "degrees_up_to": degrees}


@dataclass(frozen=True)
class _Pair:
    """Squared flow errors of two neighbouring frames."""

    group: str | None
    generated: float
    still: float
    autoencoder: float


@dataclass(frozen=True)
class _Rollout:
    """Lengths of flow over 4 frames, (8,) each, and the compared pairs."""

    generated: Floats
    real: Floats
    autoencoder: Floats
    pairs: Sequence[_Pair]


def measure_flow(
    world: PlayableWorld, dataset: Dataset, config: FlowConfig, *, progress: Callable[[str], None] = ignore
) -> FlowError:
    """Roll out with the real actions and compare flows.

    Raises:
        DataError: when a clip is too short.
    """
    clips: list[list[_Rollout]] = []
    drawn = draw_starts(dataset, clips=config.clips, starts=config.starts, horizon=FRAMES, seed=config.seed + 4)
    for starts, generated in roll_clips(world, drawn, seed=config.seed, steps=config.steps):
        progress(f"flow {starts[0].clip}")
        clips.append([_compare(world, start, frames) for start, frames in zip(starts, generated, strict=True)])
    seed = config.seed
    ends = range(DYNAMIC_GAP, FRAMES + 1, DYNAMIC_GAP)
    pairs = [[(row.generated, row.real) for row in rows] for rows in clips]
    return FlowError(
        rollouts=sum(len(rows) for rows in clips),
        dynamic_degree=estimate_ratio([[(a.sum(), b.sum()) for a, b in rows] for rows in pairs], seed),
        dynamic_autoencoder=estimate_ratio(
            [[(row.autoencoder.sum(), row.real.sum()) for row in rows] for rows in clips], seed
        ),
        dynamic_by_frame={
            end: estimate_ratio([[(a[k], b[k]) for a, b in rows] for rows in pairs], seed) for k, end in enumerate(ends)
        },
        groups={group: _group_error(clips, group, seed) for group in GROUPS},
    )


def group_of(action: Action) -> str | None:
    """Group of a frame by what the hands did; None when they rested."""
    mouse = abs(action.yaw) + abs(action.pitch)
    if mouse > SMALL_DEGREES:
        return "large mouse"
    if mouse > STILL_DEGREES:
        return "small mouse"
    moving = action.forward, action.back, action.left, action.right, action.jump, action.sneak
    return "keys" if any(moving) else None


def _compare(world: PlayableWorld, start: Start, generated: Bytes) -> _Rollout:
    real = np.concatenate([start.last[None], start.future])
    seen = (np.concatenate([start.last[None], generated]), real, world.reconstruct(real))
    grey = [luminance(frames) for frames in seen]
    pairs = []
    for k in range(0, FRAMES, _EVERY):
        ours, reference, floor = (flow(frames[k], frames[k + 1]) for frames in grey)
        errors = (_squared(field - reference) for field in (ours, np.zeros_like(reference), floor))
        pairs.append(_Pair(group_of(start.future_actions[k]), *errors))
    generated_, real_, autoencoder = (magnitudes(flows(frames, DYNAMIC_GAP)) for frames in seen)
    return _Rollout(generated_, real_, autoencoder, pairs)


def _squared(field: Floats) -> float:
    """Mean squared length of a field (h, w, 2)."""
    return float((field**2).sum(-1).mean())


def _group_error(clips: Sequence[Sequence[_Rollout]], group: str, seed: int) -> GroupError:
    found = [[pair for row in rows for pair in row.pairs if pair.group == group] for rows in clips]
    return GroupError(
        generated=estimate([[pair.generated for pair in pairs] for pairs in found], seed),
        still=estimate([[pair.still for pair in pairs] for pairs in found], seed),
        autoencoder=estimate([[pair.autoencoder for pair in pairs] for pairs in found], seed),
        relative=estimate_ratio([[(pair.generated, pair.still) for pair in pairs] for pairs in found], seed),
    )
