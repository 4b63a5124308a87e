"""Which frame of a clip is looked at, and when the next one is due."""

import math


class Playhead:
    """A frame of a clip that stands or runs at the footage's rate."""

    def __init__(self, fps: float) -> None:
        """Stand on the first frame of an empty clip."""
        self._fps = fps
        self.count = 0
        self.frame = 0
        self.backward = False
        """Whether the last motion went backward."""
        self._since: tuple[float, int] | None = None  # when it began to run, and on which frame

    @property
    def playing(self) -> bool:
        """Whether it runs."""
        return self._since is not None

    def load(self, count: int) -> None:
        """Stand on the first frame of another clip."""
        self.count, self.frame, self.backward, self._since = count, 0, False, None

    def seek(self, frame: int) -> None:
        """Stand on a frame, or on the nearest there is."""
        frame = max(0, min(self.count - 1, frame))
        self.backward = frame < self.frame
        self.frame, self._since = frame, None

    def step(self, by: int) -> None:
        """Stand so many frames further."""
        self.seek(self.frame + by)

    def toggle(self, now: float, start: int) -> None:
        """Run from here, from frame `start` after the end of the clip; or stop."""
        if self._since is not None:
            self._since = None
        elif self.count:
            if self.frame >= self.count - 1:
                self.frame = start
            self.backward = False
            self._since = now, self.frame

    def tick(self, now: float) -> None:
        """Run on to `now`; stops on the last frame."""
        if self._since is None:
            return
        began, start = self._since
        self.frame = min(self.count - 1, start + max(0, math.floor((now - began) * self._fps)))
        if self.frame == self.count - 1:
            self._since = None

    def due(self, now: float) -> float | None:
        """Seconds until the next frame; None while it stands."""
        if self._since is None:
            return None
        began, start = self._since
        return max(0.0, began + (self.frame + 1 - start) / self._fps - now)
