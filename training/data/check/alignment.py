"""Whether the picture turns when the actions say: by how many frames they lie apart, and from which frame on.

Hands turn smoothly, so that an action looks much like its neighbours. Its *change* from one frame to the next does not;
so changes of the picture's motion are explained by changes of the camera's actions, moved by -3 to 3 frames. A frame
that is missing or one too many moves all that follow; the cheapest path through the seven lags (Viterbi), where going
over to another lag has its price, says whether, by how much and about where.

Letters: t frames, l lags.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.actions import DEGREES_PER_UNIT
from model.footage.clip import Dataset

from .findings import Finding, Kind
from .observation import Observation, Series, observe

_REACH = 3  # frames; more is looked for only where actions and pictures have nothing to do with each other
_FAR_REACH = 64
_LOOKED_AT = 1025  # frames of a clip when only its alignment is asked for
_NOISE_PIXELS = 0.2  # of shifts read from real footage; 0.1 to 0.3 measure alike
_STILL = 0.5  # levels of change; 0.5 % of real frames
_SWITCH = 24.0  # cost of another lag; on 180 real clips no stretch speaks for a wrong one with more than 18
_LEAST_SEGMENT = 32  # frames at the start that may look as if they lay right in a clip that is off from its start
_REFITS = 12
_SURE = 12.0  # gain over its error: 31 and more on 180 real clips, up to 8.3 with the actions of another clip
_SURE_PITCH = 3.0  # hands turn up and down less: right clips reach 1.9 the wrong way, half of all pass 10 the right way
_LEAST_FRAMES, _LEAST_SHARE, _LEAST_PIXELS = 256, 0.3, 1.0  # of a clip that must turn: frames, turning, deviation
_LEAST_CLEAR = 15.0  # median clarity of the motion; real clips have 28 and more, noise has 5


@dataclass(frozen=True)
class Response:
    """How the picture answers one axis of the camera."""

    gain: float
    """Pixels per degree, with its sign; below 0 when the picture moves against the camera, as it should."""
    certainty: float
    """Gain over its standard error."""


@dataclass(frozen=True)
class Alignment:
    """How the picture of a clip follows the camera's actions."""

    segments: tuple[tuple[int, int], ...]
    """(first frame, lag): from there on the picture shows row k of the actions in frame k + lag. Right is ((0, 0),)."""
    yaw: Response
    pitch: Response
    width: int
    """Of the picture, in pixels."""

    @property
    def lag(self) -> int:
        """Frames by which the picture trails the actions at the start."""
        return self.segments[0][1]

    @property
    def fault(self) -> str | None:
        """What is wrong, if anything is, with the remedy."""
        found = next(iter(alignment_findings("", self)), None)
        return f"{found.problem}; {found.remedy}" if found else None


def clip_alignment(dataset: Dataset, index: int) -> Alignment | None:
    """Measure the start of one clip; None where the camera was not recorded or never turns."""
    return measure_alignment(observe(dataset, index, _LOOKED_AT))


def measure_alignment(seen: Observation) -> Alignment | None:
    """Find the lags that explain best how the picture moves; None where the camera was not recorded or never turns."""
    degrees = seen.actions[:, -2:].astype(np.float64) * DEGREES_PER_UNIT
    if not seen.known[-1] or not np.isfinite(degrees).all():
        return None
    if len(degrees) < 2 * _REACH + 2 or not degrees[:, 1].any():
        return None
    lags = range(-_REACH, _REACH + 1)
    right, down = np.diff(seen.sight.right), np.diff(seen.sight.down)
    yaw, pitch = (np.stack([_changes(degrees[:, axis], lag) for lag in lags]) for axis in (1, 0))
    yaws, pitches = [respond(row, right) for row in yaw], [respond(row, down) for row in pitch]
    costs = [
        _cost(right - a.gain * y) + (_cost(down - b.gain * p) if abs(b.certainty) > _SURE_PITCH else _cost(down))
        for a, b, y, p in zip(yaws, pitches, yaw, pitch, strict=True)
    ]
    best = int(np.argmin([cost.sum() for cost in costs]))
    a, b = yaws[best], pitches[best]
    if abs(a.certainty) < _SURE:
        return Alignment(((0, 0),), a, b, seen.width)
    still = seen.sight.change < _STILL
    cost = _cost(right - a.gain * yaw)
    if abs(b.certainty) > _SURE_PITCH:
        cost += _cost(down - b.gain * pitch)
    cost[:, still[1:] | still[:-1]] = 0  # what does not move at all, or is black, says nothing of when
    path = _cheapest(cost) - _REACH
    starts = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    if len(starts) > 1 and starts[1] < _LEAST_SEGMENT:
        starts = [0, *starts[2:]]
        path[0] = path[_LEAST_SEGMENT]
    segments = tuple((int(k) + (1 if k else 0), int(path[k])) for k in starts)
    return Alignment(segments, a, b, seen.width)


def alignment_findings(clip: str, found: Alignment) -> list[Finding]:
    """Lags, frames missing or too many, and flipped signs."""
    findings = []
    if found.lag:
        findings.append(_shifted(clip, found.lag))
    for (_, before), (start, after) in zip(found.segments, found.segments[1:], strict=False):
        count = abs(after - before)
        frames = f"about {count} frame{'s' if count > 1 else ''}"
        inserted = after > before
        findings.append(
            Finding(
                kind="inserted frames" if inserted else "dropped frames",
                clip=clip,
                frames=(start, start + 1),
                problem=f"{frames} {'too many' if inserted else 'missing'} near here: what follows is "
                f"{'behind' if inserted else 'ahead of'} its actions",
                remedy="cut the clip here and align the rest anew, or record it again",
            )
        )
    related = abs(found.yaw.certainty) > _SURE
    for axis, response, sure in (("yaw", found.yaw, _SURE), ("pitch", found.pitch, _SURE_PITCH)):
        if related and response.certainty > sure:
            kind: Kind = "yaw sign" if axis == "yaw" else "pitch sign"
            meant = "right" if axis == "yaw" else "down"
            problem = f"its {axis} has the wrong sign, + must turn {meant}"
            findings.append(Finding(kind=kind, clip=clip, problem=problem, remedy=f"negate every {axis}"))
    return findings


def unrelated_findings(seen: Observation, found: Alignment) -> list[Finding]:
    """A picture that turns, but not as the actions say: those of another clip, or far behind."""
    sight, yaw = seen.sight, seen.actions[:, -1].astype(np.float64) * DEGREES_PER_UNIT
    turns = np.count_nonzero(yaw) > _LEAST_SHARE * len(yaw) and sight.right.std() > _LEAST_PIXELS
    readable = np.median(sight.clear[1:]) > _LEAST_CLEAR
    if abs(found.yaw.certainty) > _SURE or len(yaw) < _LEAST_FRAMES or not (turns and readable):
        return []
    right = np.diff(sight.right)
    far = {lag: abs(respond(_changes(yaw, lag), right).certainty) for lag in range(-_FAR_REACH, _FAR_REACH + 1)}
    lag = max(far, key=far.__getitem__)
    if far[lag] > _SURE:
        return [_shifted(seen.name, lag)]
    return [
        Finding(
            kind="unrelated actions",
            clip=seen.name,
            problem="its picture turns, but never as its actions say",
            remedy="see whether they belong to another clip, or pitch and yaw are swapped",
        )
    ]


def respond(cause: Series, effect: Series) -> Response:
    """Gain that explains `effect` by `cause`, both (t,); what disagrees (near things, wrong peaks) loses weight."""
    trust = np.ones(len(cause))
    gain, miss = 0.0, effect
    for _ in range(_REFITS):
        gain = float((trust * cause * effect).sum() / max((trust * cause * cause).sum(), 1e-9))
        miss = effect - gain * cause
        trust = 1 / (1 + (miss / _NOISE_PIXELS) ** 2)
    variance = (trust * miss**2).sum() / max(trust.sum(), 1e-9)
    error = np.sqrt(variance / max((trust * cause * cause).sum(), 1e-9))
    return Response(gain, float(gain / max(error, 1e-9)))


def _shifted(clip: str, lag: int) -> Finding:
    count = {1: "one frame", 2: "two frames", 3: "three frames"}.get(abs(lag), f"{abs(lag)} frames")
    order = "pre-action" if lag == 1 else "too soon" if lag > 0 else "too late"
    return Finding(
        kind="early actions" if lag > 0 else "late actions",
        clip=clip,
        problem=f"its actions stand {count} {'early' if lag > 0 else 'late'} ({order})",
        remedy=f"move each {count} {'later' if lag > 0 else 'earlier'} (`arvd-data import --shift {lag}`)",
    )


def _changes(degrees: Series, lag: int) -> Series:
    """Changes (t - 1,) of an axis (t,) when every action is moved `lag` frames later."""
    moved = np.roll(degrees, lag)
    if lag < 0:
        moved[lag:] = 0
    else:
        moved[:lag] = 0
    return np.diff(moved)


def _cost(miss: Series) -> Series:
    """Negative log-likelihood of what is left unexplained, with heavy tails; nothing led to the first frame."""
    cost: Series = np.log1p((miss / _NOISE_PIXELS) ** 2)
    cost[..., 0] = 0
    return cost


def _cheapest(cost: Series) -> npt.NDArray[np.int64]:
    """Cheapest path (t,) of lag indices through costs (l, t); it starts in the middle lag."""
    count, length = cost.shape
    total = np.full(count, _SWITCH)
    total[count // 2] = 0
    came = np.zeros((length, count), np.int64)
    stay = np.arange(count)
    for k in range(length):
        best = int(total.argmin())
        came[k] = np.where(total <= total[best] + _SWITCH, stay, best)
        total = np.minimum(total, total[best] + _SWITCH) + cost[:, k]
    path = np.zeros(length, np.int64)
    path[-1] = total.argmin()
    for k in range(length - 1, 0, -1):
        path[k - 1] = came[k][path[k]]
    return path
