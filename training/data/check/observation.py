"""What a look through a clip leaves of it: a few numbers per frame, from which every detector judges.

The clip streams by; none of its pictures is kept. Pictures are taken at 160 to 319 pixels of width, where motion
reads as well as at full size; all pixels below are pixels of that size.

Letters: t frames, h and w height and width of the pictures as they are looked at.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from model.footage.clip import Actions, Clip, Dataset, Frames, Known

from ...metrics.motion import frame_shifts
from ...metrics.pictures import Floats, luminance

Series = npt.NDArray[np.float64]
"""(t,), one number per frame; those that compare a frame with the one before are 0 at the first."""

_WIDTH = 160
_EDGE = 8.0  # levels between neighbouring pixels; below are sky, fog and the noise of the codec
_UNCHANGED = 4.0  # levels; a picture that stands still is coded again with about one level of noise


@dataclass(frozen=True, kw_only=True)
class Sight:
    """How the pictures of a clip look and move."""

    right: Series
    """Pixels that the picture moved right since the frame before."""
    down: Series
    clear: Series
    """How far the peak of the correlation, from which both come, stands out."""
    change: Series
    """Mean absolute difference of the luminance to the frame before, in levels."""
    edges: Series
    """Share of the middle of the picture where brightness jumps from one pixel to its right neighbour."""
    pinned: Series
    """Share of these edges whose pixels are as in the frame before."""
    brightest: Series
    """Level that 99 % of the pixels stay below."""
    darkest: Series
    """Level that 99 % of the pixels stay above."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """A clip as the detectors see it."""

    name: str
    actions: Actions
    known: Known
    sight: Sight
    """Of as many frames as could be decoded, at most as many as there are actions."""
    width: int
    """Of the pictures as they were looked at, in pixels."""
    content: str
    """SHA-256 of the decoded pictures."""


def observe(dataset: Dataset, index: int, most: int | None = None) -> Observation:
    """Look through one clip, or its first `most` frames; raises DataError when it does not decode."""
    return _observe(dataset.names[index], dataset.actions(index), dataset.known(index), dataset.chunks(index), most)


def observe_clip(clip: Clip) -> Observation:
    """Look through a clip that is in memory."""
    return _observe(clip.name, clip.actions, clip.known, [clip.frames], None)


def _observe(name: str, actions: Actions, known: Known, chunks: Iterable[Frames], most: int | None) -> Observation:
    sha = hashlib.sha256()
    parts: list[Sight] = []
    last: Floats | None = None
    count, width = 0, 1
    for frames in _first(chunks, most):
        sha.update(np.ascontiguousarray(frames).data)
        grey = _small(luminance(frames))
        width = grey.shape[2]
        parts.append(_look(grey if last is None else np.concatenate([last, grey]), first=last is None))
        last, count = grey[-1:], count + len(frames)
    joined = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Sight)}
    return Observation(
        name=name,
        actions=actions[:count],
        known=known,
        sight=Sight(**joined),
        width=width,
        content=sha.hexdigest(),
    )


def _first(chunks: Iterable[Frames], most: int | None) -> Iterator[Frames]:
    left = most
    for frames in chunks:
        yield frames[:left]
        if left is not None:
            left -= len(frames)
            if left <= 0:
                return


def _small(grey: Floats) -> Floats:
    """Pictures (t, h, w) shrunk by a whole factor to 160 to 319 pixels of width; odd rests are cut off."""
    factor = max(1, grey.shape[2] // _WIDTH)
    height, width = (side // factor // 2 * 2 if side // factor > 1 else side for side in grey.shape[1:])
    cut = grey[:, : height * factor, : width * factor]
    small: Floats = cut.reshape(len(grey), height, factor, width, factor).mean((2, 4)) if factor > 1 else cut
    return small


def _look(grey: Floats, *, first: bool) -> Sight:
    """Numbers of all pictures (t, h, w) but the first, or, if they are the `first` of a clip, of all."""
    lead = 1 if first else 0
    height, width = grey.shape[1:]
    middle = grey[:, height // 4 : height - height // 4, width // 4 : width - width // 4]
    edge = np.abs(np.diff(middle[1:], axis=2)) > _EDGE
    unchanged = np.abs(np.diff(middle, axis=0)) < _UNCHANGED
    pinned = edge & unchanged[:, :, 1:] & unchanged[:, :, :-1]
    right, down, clear = frame_shifts(grey)
    darkest, brightest = np.percentile((grey if first else grey[1:])[:, ::2, ::2], (1, 99), axis=(1, 2))
    compared = {
        "right": right,
        "down": down,
        "clear": clear,
        "change": np.abs(np.diff(grey, axis=0)).mean((1, 2)),
        "edges": edge.mean((1, 2)),
        "pinned": pinned.sum((1, 2)) / np.maximum(edge.sum((1, 2)), 1),
    }
    padded = {name: np.pad(series.astype(np.float64), (lead, 0)) for name, series in compared.items()}
    return Sight(**padded, brightest=brightest.astype(np.float64), darkest=darkest.astype(np.float64))
