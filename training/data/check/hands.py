"""Actions that no hand made: beyond what a camera can do, a key that never comes up, rows that were lost."""

from collections.abc import Iterator

import numpy as np

from model.actions import DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES

from .findings import Finding
from .observation import Observation

_LONG = 256  # frames after which a key that never came up is worth a word; real clips hold "forward" 96 % at most
_LOST, _LOST_CLEAR = 32, 15.0  # frames without a turn in which the picture goes on turning, clarity of its motion
_IDLE = 0.5, 0.25  # pixels sideways, share of the frames; before idle hands 95 % of real frames move less than 0.1
_WALKING = 1.0, 0.5  # the same when keys are down; walking straight on, 7 % of real frames move that far
_SIDEWAYS = (KEYS.index("left"), KEYS.index("right"))


def hand_findings(seen: Observation) -> list[Finding]:
    """Look for absurd actions, keys held throughout, and actions that were lost."""
    return [*_absurd(seen), *_held(seen), *_lost(seen)]


def _absurd(seen: Observation) -> Iterator[Finding]:
    keys, camera = seen.actions[:, : len(KEYS)], seen.actions[:, len(KEYS) :] * DEGREES_PER_UNIT
    with np.errstate(invalid="ignore"):
        wrong = ~np.isin(keys, (0, 1)).all(1) | ~(np.abs(camera) <= MAX_CAMERA_DEGREES).all(1)
    if wrong.any():
        first = int(wrong.argmax())
        yield Finding(
            kind="absurd action",
            clip=seen.name,
            frames=(first, first + 1),
            problem=f"{np.count_nonzero(wrong)} of its actions are no numbers, no keys or turns beyond "
            f"{MAX_CAMERA_DEGREES:g} degrees",
            remedy="export the clip again",
        )


def _held(seen: Observation) -> Iterator[Finding]:
    if len(seen.actions) < _LONG:
        return
    for column, key in enumerate(KEYS):
        if seen.known[column] and (seen.actions[1:, column] >= 0.5).all():
            problem = f"holds {key} in every one of its {len(seen.actions)} frames"
            remedy = "see whether the recorder missed that the key came up"
            yield Finding(kind="held key", clip=seen.name, problem=problem, remedy=remedy)


def _lost(seen: Observation) -> Iterator[Finding]:
    """Rows without camera and sideways keys while the picture goes on moving sideways."""
    if not seen.known[-2:].all():
        return
    still = ~np.any(seen.actions[:, [*_SIDEWAYS, -2, -1]], axis=1)
    still[:1] = False
    sideways = np.abs(seen.sight.right) * (seen.sight.clear > _LOST_CLEAR)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(np.int8), [0]])))
    for first, end in edges.reshape(-1, 2).tolist():
        pixels, share = _WALKING if seen.actions[first:end].any() else _IDLE
        if end - first >= _LOST and (sideways[first:end] > pixels).mean() > share:
            yield Finding(
                kind="lost actions",
                clip=seen.name,
                frames=(first, end),
                problem="the picture turns, but no action says so",
                remedy="cut the stretch out, or find its actions in the recording",
            )
