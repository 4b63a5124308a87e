"""What only shows beside other clips: another size, rate or unit, and clips that are there twice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .alignment import Alignment
from .findings import Finding
from .passages import Trace, shared_passage

_SURE = 12.0  # certainty of a gain, as in `alignment`
_FOCAL = (
    0.15,
    1.25,
)  # focal length over width, 147 to 44 degrees of view; 180 real clips read 0.38 to 0.49
_FOCAL_OF_GAMES = 0.44  # as measured, where no other clips tell
_OTHER = 1.8  # times the gain of the other clips; 180 real clips lie within 1.3 of each other
_LEAST_CLIPS = 4  # that must agree before one is odd
_RADIANS, _DEGREES = 180 / np.pi / 15, 1 / 15  # what the gain is multiplied by


@dataclass(frozen=True, eq=False)
class Member:
    """A clip as it is compared with others."""

    trace: Trace
    size: tuple[int, int]
    fps: float
    alignment: Alignment | None

    @property
    def focal(self) -> float | None:
        """Focal length over the picture's width, as the camera's actions have it; None where it is not known."""
        found = self.alignment
        if found is None or abs(found.yaw.certainty) < _SURE or not found.yaw.gain:
            return None
        return abs(found.yaw.gain) * 180 / np.pi / found.width


def comparison_findings(members: Sequence[Member]) -> list[Finding]:
    """Compare all clips of a dataset."""
    return [*_shapes(members), *_units(members), *_twins(members)]


def leaks(members: Sequence[Member], others: Mapping[str, Trace]) -> Iterator[Finding]:
    """Clips of which a passage is also in another dataset, given as its clips' traces."""
    for member in members:
        for other in others.values():
            if shared := shared_passage(member.trace, other):
                yield Finding(
                    kind="leaked clip",
                    clip=member.trace.name,
                    frames=(shared[0], shared[0] + 1),
                    problem=f"from here on it shows what {other.name} of the other dataset shows from frame "
                    f"{shared[1]} on",
                    remedy="remove it from one of the two",
                )
                break


def _shapes(members: Sequence[Member]) -> Iterator[Finding]:
    if not members:
        return
    size = Counter(member.size for member in members).most_common(1)[0][0]
    fps = Counter(member.fps for member in members).most_common(1)[0][0]
    for member in members:
        if member.size != size:
            problem = f"its frames are {_times(member.size)}, those of most clips {_times(size)}"
            remedy = "keep one size per dataset; resize or move the clip"
            yield Finding(kind="frame size", clip=member.trace.name, problem=problem, remedy=remedy)
        if member.fps != fps:
            problem = f"it says {member.fps:g} frames/s, most clips {fps:g}"
            remedy = "keep one rate per dataset; record again, or put its true rate into the file"
            yield Finding(kind="frame rate", clip=member.trace.name, problem=problem, remedy=remedy)


def _units(members: Sequence[Member]) -> Iterator[Finding]:
    known = [(member, focal) for member in members if (focal := member.focal) is not None]
    plausible = [focal for _, focal in known if _FOCAL[0] <= focal <= _FOCAL[1]]
    usual = float(np.median(plausible)) if len(plausible) >= _LEAST_CLIPS else None
    for member, focal in known:
        ratio = focal / (usual or _FOCAL_OF_GAMES)
        if _FOCAL[0] <= focal <= _FOCAL[1] and (usual is None or 1 / _OTHER < ratio < _OTHER):
            continue
        if abs(np.log(ratio / _RADIANS)) < np.log(_OTHER):
            problem, remedy = "its camera seems to be in radians", f"multiply pitch and yaw by {_RADIANS:.3f}"
        elif abs(np.log(ratio / _DEGREES)) < np.log(_OTHER):
            problem, remedy = "its camera seems to be in degrees", "divide pitch and yaw by 15"
        else:
            problem = f"the picture turns {ratio:.2g} times as far as its camera says"
            remedy = "give pitch and yaw in units of 15 degrees; if it is another field of view, keep it apart"
        yield Finding(
            kind="units", clip=member.trace.name, problem=f"{problem}, not units of 15 degrees", remedy=remedy
        )


def _twins(members: Sequence[Member]) -> Iterator[Finding]:
    seen: dict[bytes | str, Trace] = {}
    for member in members:
        trace = member.trace
        keys: list[bytes | str] = [trace.content, *trace.passages]
        earlier = {id(seen[key]): seen[key] for key in keys if key in seen}
        for other in earlier.values():
            if shared := shared_passage(trace, other):
                yield Finding(
                    kind="twin clips",
                    clip=trace.name,
                    frames=(shared[0], shared[0] + 1),
                    problem=f"from here on it shows what {other.name} shows from frame {shared[1]} on",
                    remedy="remove one of the two",
                )
                break
        for key in keys:
            seen.setdefault(key, trace)


def _times(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
