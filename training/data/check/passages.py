"""Clips that are there twice: the same passage of hands and pictures, however it was cut or encoded again.

Hands do not repeat themselves over 48 frames, so a passage is told by a hash of its actions. Of all passages only every
sixteenth is kept, chosen by its hash, so that two copies keep the same ones wherever they were cut. Scripted hands may
play the same actions in two worlds; so the pictures must also have changed alike.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.footage.clip import Actions

from .observation import Series

_LENGTH = 48  # frames, 3 s at 16 frames/s
_KEPT = 16
_VARIED = 16  # changes of yaw within a passage; below that others may do the same
_ALIKE = 0.9  # correlation of how much the pictures change; of neighbouring real clips at most 0.7


@dataclass(frozen=True, eq=False)
class Trace:
    """What a clip leaves behind to be known again by."""

    name: str
    passages: dict[bytes, int]
    """First frame of each passage that is kept, by hash."""
    change: Series
    """(t,) as `Sight.change`."""
    content: str
    """SHA-256 of the decoded pictures."""


def passages(actions: Actions) -> dict[bytes, int]:
    """First frames of the passages that are kept of a clip's actions (t, 11), by hash."""
    return dict(_kept(np.ascontiguousarray(actions, np.float32)))


def _kept(actions: Actions) -> Iterator[tuple[bytes, int]]:
    changes = np.concatenate([[0], np.cumsum(np.diff(actions[:, -1]) != 0)])
    for first in range(1, len(actions) - _LENGTH + 1):  # row 0 is neutral in every clip
        if changes[first + _LENGTH - 1] - changes[first] >= _VARIED:
            hash_ = hashlib.blake2b(actions[first : first + _LENGTH].tobytes(), digest_size=12).digest()
            if hash_[0] % _KEPT == 0:
                yield hash_, first


def shared_passage(one: Trace, other: Trace) -> tuple[int, int] | None:
    """First frame in each of a passage that both clips show; None when there is none."""
    if one.content == other.content:
        return 0, 0
    for hash_, first in one.passages.items():
        second = other.passages.get(hash_)
        if second is not None and _changes_alike(one.change[first:], other.change[second:]):
            return first, second
    return None


def _changes_alike(one: Series, other: Series) -> bool:
    one, other = one[1:_LENGTH], other[1:_LENGTH]
    if len(one) != len(other) or not (one.std() and other.std()):
        return False
    return bool(np.corrcoef(one, other)[0, 1] > _ALIKE)
