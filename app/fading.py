"""Whether the world is fading: a generator that lives on its own frames may lose detail, contrast or light.

Measured on the frames themselves, against those that were seen first. One dull frame means nothing, a wall or the sky
has no detail either, so the best of the last seconds is what counts.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from .engine import Pixels

_BASE_SECONDS = 2.0
"""From the first frame seen on: of a walk's start, or of a saved walk that somebody liked enough to keep."""
_LOOK_SECONDS = 6.0
"""Nobody looks at a wall or the sky for longer without moving the eyes."""
_DETAIL, _CONTRAST, _LIGHT = 0.30, 0.25, 0.35
"""Shares of the start below which a world has faded: the bundled one falls to 0.5 in detail by looking at the sky."""
_EVERY = 4
"""Frames between two looks; a fade takes seconds."""
_GOOD_LOOKS = 512
"""Good ones that are remembered: two minutes at 16 frames a second, more than can be gone back."""


@dataclass(frozen=True)
class Look:
    """What one frame has; luminance runs from 0 to 255."""

    detail: float
    """Mean absolute difference of neighbours."""
    contrast: float
    """Deviation of the luminance."""
    light: float
    """Mean luminance."""

    @staticmethod
    def at(pixels: Pixels) -> "Look":
        """Measure a frame (h, w, 3)."""
        grey = pixels[..., 1].astype(np.float32)  # green is most of luminance, and a third of the work
        detail = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
        return Look(float(detail), float(grey.std()), float(grey.mean()))


class Fading:
    """Watches one walk; a new one needs a new watch."""

    def __init__(self, fps: float) -> None:
        """Nothing seen yet."""
        self._base_frames = max(1, round(_BASE_SECONDS * fps))
        self._base: dict[int, Look] = {}
        self._first: int | None = None
        self._recent: deque[tuple[int, Look]] = deque(maxlen=max(2, round(_LOOK_SECONDS * fps / _EVERY)))
        self._good: deque[int] = deque(maxlen=_GOOD_LOOKS)

    def note(self, index: int, pixels: Pixels) -> None:
        """Take frame number `index`; a walk that went back goes on from there."""
        while self._recent and self._recent[-1][0] >= index:
            self._recent.pop()
        while self._good and self._good[-1] >= index:
            self._good.pop()
        self._first = index if self._first is None else self._first
        if index % _EVERY:
            return
        look = Look.at(pixels)
        if index <= self._first + self._base_frames:
            self._base[index] = look
        self._recent.append((index, look))
        if self._is_good(look):
            self._good.append(index)

    @property
    def faded(self) -> bool:
        """Whether no frame of the last seconds was what the walk began with."""
        full = len(self._recent) == self._recent.maxlen
        return full and not any(self._is_good(look) for _, look in self._recent)

    @property
    def last_good(self) -> int | None:
        """Newest frame that was not dull."""
        return self._good[-1] if self._good else None

    @property
    def strength(self) -> float:
        """Detail of the best recent frame as a share of the start's, 0 to 1; 1 before there is anything to say."""
        if not self._recent or not self._base:
            return 1.0
        best = max(look.detail for _, look in self._recent)
        return min(1.0, best / max(self._mean("detail"), 1e-6))

    def _is_good(self, look: Look) -> bool:
        if not self._base:
            return True
        return (
            look.detail >= _DETAIL * self._mean("detail")
            and look.contrast >= _CONTRAST * self._mean("contrast")
            and look.light >= _LIGHT * self._mean("light")
        )

    def _mean(self, name: str) -> float:
        return float(np.mean([getattr(look, name) for look in self._base.values()]))
