"""The pitch of the camera as a clip begins, in degrees, + = down: what its turns alone do not say."""

import hashlib
import math
from typing import Any

from ..actions import DEGREES_PER_UNIT
from ..camera import bent_to
from .clip import Actions
from .untrusted import number


def stated_pitch(value: Any) -> float:
    """Return a pitch that a file states, bent no further than the neck; raises TypeError or ValueError if it is none.

    A huge integer raises OverflowError.
    """
    degrees = number(value)
    if not math.isfinite(degrees):
        raise ValueError(f"a pitch of {degrees} degrees")
    return bent_to(degrees)


def pitch_after(pitch: float, actions: Actions) -> float:
    """Pitch of a camera that began at `pitch` and turned as action vectors (t, 11) say, stopped as `Camera` is."""
    for units in actions[:, -2].tolist():
        pitch = bent_to(pitch + units * DEGREES_PER_UNIT)
    return pitch


def digest_at(digest: str, pitch: float) -> str:
    """Content hash of a clip that begins at `pitch`: as it is for a level one, which every clip was once taken for."""
    return hashlib.sha256(f"{digest} {pitch!r}".encode()).hexdigest() if pitch else digest
