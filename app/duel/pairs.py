"""Frames of two walks on their way to the screen, always two that belong together: the same frame of the same round."""

import threading
from dataclasses import dataclass

from ..handover import Frame


@dataclass(frozen=True, slots=True)
class Pair:
    """Frame `index` of both walks."""

    frames: tuple[Frame, Frame]

    @property
    def index(self) -> int:
        """Frames generated so far in this round; 0 is the picture of the scene."""
        return self.frames[0].index

    @property
    def seed(self) -> int | None:
        """Of the round; None for frames that do not tell of their walk."""
        return _key(self.frames[0])[0]


class Pairs:
    """A slot for the newest pair. Frames come from two threads and are taken by a third."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._single: list[Frame | None] = [None, None]
        self._pair: Pair | None = None
        self.dropped = 0
        """Pairs that were replaced before they were taken."""

    def put(self, side: int, frame: Frame) -> bool:
        """Take a frame of a side; returns whether it completes a pair."""
        with self._lock:
            self._single[side] = frame
            first, second = self._single
            if first is None or second is None or _key(first) != _key(second):
                return False
            self.dropped += self._pair is not None and self._pair.index > 0
            self._pair, self._single = Pair((first, second)), [None, None]
            return True

    @property
    def waiting(self) -> bool:
        """Whether a pair is there to be taken."""
        return self._pair is not None

    def take(self) -> Pair | None:
        """Return the newest pair not taken yet."""
        with self._lock:
            pair, self._pair = self._pair, None
            return pair


def _key(frame: Frame) -> tuple[int | None, int]:
    return (frame.walk.seed if frame.walk is not None else None), frame.index
