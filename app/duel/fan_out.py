"""The same hands for two walks: frame k of both gets the same action, to the bit.

Each walk asks from its own thread before each of its frames. Whoever asks first for a frame waits for the other;
then the hands are sampled, once. So neither walk is ever more than a frame ahead, and both go at the slower one's
pace. A walk that begins anew leaves the other alone until that one does so too: what the other makes until then
belongs to no pair.
"""

import threading
from collections.abc import Callable

from model.actions import Action

from ..hands import Sample

_NOBODY = Sample(Action(), focus=False)


class FanOut:
    """Hands out samples to two sides, 0 and 1."""

    def __init__(self, sample: Callable[[], Sample]) -> None:
        """Hand out what `sample` returns."""
        self._sample = sample
        self._condition = threading.Condition()
        self._rounds = [0, 0]  # how often each side began anew
        self._asked = [0, 0]  # for how many frames since
        self._given = (-1, 0)  # round and number of the frame sampled last
        self._newest = _NOBODY
        self._closed = False

    def sample(self, side: int) -> Sample:
        """Return what the hands do during the next frame of a side; waits until the other side comes to it too.

        Nobody's hands if there is no such frame of the other side any more, or all is over.
        """
        with self._condition:
            self._asked[side] += 1
            frame, other = (self._rounds[side], self._asked[side]), 1 - side
            if frame == (self._rounds[other], self._asked[other]) and not self._closed:
                self._newest, self._given = self._sample(), frame
                self._condition.notify_all()
                return self._newest
            self._condition.wait_for(
                lambda: self._closed or self._given == frame or self._rounds[other] > self._rounds[side]
            )
            return self._newest if self._given == frame else _NOBODY

    def begin_anew(self, side: int) -> None:
        """Note that a side begins anew: its next frame is the first again."""
        with self._condition:
            self._rounds[side] += 1
            self._asked[side] = 0
            self._condition.notify_all()

    def close(self) -> None:
        """Let nobody wait any more."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()
