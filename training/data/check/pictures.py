"""Pictures that show no play: black, standing still, repeated, or behind a menu."""

import numpy as np
import numpy.typing as npt

from model.actions import DEGREES_PER_UNIT

from .findings import Finding
from .observation import Observation, Series

_BLACK = 3.0  # level that nearly all pixels stay below; the darkest of 92,000 real frames, inside a block, has 5
_FLAT, _FLAT_DARK = 3.0, 24.0  # levels; black as some recorders write it, at 16
_STUCK = 0.1  # levels of change; a repeated frame is coded with less, a turning camera leaves more
_REPEAT_DEGREES = 0.75  # turned in frames that show nothing of it; on real footage 0.2 at most
_FROZEN_FRAMES = 4
_LEAST_EDGES = 0.02  # share of the middle; less says nothing about what stands before it
_PINNED, _PINNED_FRAMES = 0.7, 4  # edges that a turn leaves in place: on real footage in one frame of 92,000
_TURN_DEGREES = 1.0  # moves vertical edges by more than a pixel
_MOVING = 1.0  # levels of change; a picture that stands still is coded again with less
_GAP = 24  # frames between stretches that belong together
_OPENED, _NO_MOTION = 20.0, 15.0  # levels of change, clarity of motion: a panel changes 65 to 90, and reads 5 to 10
_RESTING, _REST_FRAMES = 0.9, 8  # edges in place, frames; in real footage nothing comes to rest so after a jump


def picture_findings(seen: Observation) -> list[Finding]:
    """Look for black frames, frozen and repeated ones, and menus."""
    black, remedy = _runs(_black(seen)), "cut them out; the recorder had no picture"
    findings = [
        Finding(kind="black frames", clip=seen.name, frames=frames, problem="black", remedy=remedy) for frames in black
    ]
    menus, frozen = _covered(seen)
    problem = "something stands still before the world, as a menu or an inventory does"
    remedy = "cut the stretch out; the camera's actions moved a pointer there"
    findings += [
        Finding(kind="menu frames", clip=seen.name, frames=frames, problem=problem, remedy=remedy) for frames in menus
    ]
    told = [*black, *menus]
    frozen = _merged([*frozen, *(run for run in _standing(seen) if run[1] - run[0] >= _FROZEN_FRAMES)])
    frozen = [run for run in frozen if not _overlaps(run, told)]
    repeated = [run for run in _standing(seen) if not _overlaps(run, [*told, *frozen])]
    turned = _turned(seen)
    for first, end in frozen:
        problem = f"the picture stands still while the camera turns by {turned[first:end].sum():.1f} degrees"
        remedy = "cut the stretch out; the recorder stalled, or a menu was open"
        findings.append(
            Finding(kind="frozen picture", clip=seen.name, frames=(first, end), problem=problem, remedy=remedy)
        )
    if repeated:
        count = sum(end - first for first, end in repeated)
        many = f"{count} pictures repeat the one before" if count > 1 else "the picture before is repeated"
        findings.append(
            Finding(
                kind="repeated frames",
                clip=seen.name,
                frames=(repeated[0][0], repeated[-1][1]),
                problem=f"{many}, though the camera turns",
                remedy="record at a rate the game reaches, or cut the clip here",
            )
        )
    return findings


def _black(seen: Observation) -> npt.NDArray[np.bool_]:
    sight = seen.sight
    flat = (sight.brightest - sight.darkest < _FLAT) & (sight.brightest < _FLAT_DARK)
    black: npt.NDArray[np.bool_] = (sight.brightest < _BLACK) | flat
    return black


def _standing(seen: Observation) -> list[tuple[int, int]]:
    """Runs of frames that do not change at all while the camera turns."""
    turned = _turned(seen)
    still = seen.sight.change < _STUCK
    still[:1] = False  # nothing stands before it
    return [(first, end) for first, end in _runs(still) if turned[first:end].sum() >= _REPEAT_DEGREES]


def _covered(seen: Observation) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Stretches in which something stands before the world, and those in which all of it stands.

    What covers the world stays in place in turns, or appears at once and then nothing moves.
    """
    sight = seen.sight
    yaw = np.abs(seen.actions[:, -1]) * DEGREES_PER_UNIT * seen.known[-1]  # pitch leaves vertical edges in place
    places = np.flatnonzero((yaw >= _TURN_DEGREES) & (sight.edges > _LEAST_EDGES))
    places = places[places > 0]
    menus: list[tuple[int, int]] = []
    frozen: list[tuple[int, int]] = []
    for k, end in _runs(sight.pinned[places] > _PINNED):
        if end - k >= _PINNED_FRAMES:
            run = (int(places[k]), int(places[end - 1]) + 1)
            (frozen if np.median(sight.change[places[k:end]]) < _MOVING else menus).append(run)
    jumps = (sight.change > _OPENED) & (sight.clear < _NO_MOTION)
    for k in np.flatnonzero(jumps[:-_REST_FRAMES]).tolist():
        rest = slice(k + 1, k + 1 + _REST_FRAMES)
        if sight.pinned[rest].mean() > _RESTING and sight.edges[rest].min() > _LEAST_EDGES:
            moving = np.flatnonzero(sight.pinned[k + 1 :] < _PINNED)
            menus.append((k, k + 1 + int(moving[0]) if len(moving) else len(sight.change)))
    return _merged(menus), frozen


def _overlaps(run: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(run[0] <= end and first <= run[1] for first, end in others)


def _turned(seen: Observation) -> Series:
    """Degrees that the camera turned in each frame, of pitch or yaw what is more; 0 where it was not recorded."""
    degrees: Series = np.abs(seen.actions[:, -2:].astype(np.float64)).max(1) * DEGREES_PER_UNIT
    return degrees * bool(seen.known[-2:].all())


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and end of each run of true entries."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps > 0).tolist(), np.flatnonzero(steps < 0).tolist(), strict=True))


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Stretches in order; those that lie close together become one."""
    joined: list[tuple[int, int]] = []
    for first, end in sorted(stretches):
        if joined and first <= joined[-1][1] + _GAP:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((first, end))
    return joined
