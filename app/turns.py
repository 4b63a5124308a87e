"""Whose turn it is in the generator thread: that of a request, of a frame, or nobody's while the person pauses.

Any thread may ask for something; the generator's alone waits for its turn.
"""

import threading
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Generic, TypeVar

from .pace import Pace

Request = TypeVar("Request")


class Turn(Enum):
    """What the generator thread is to do next."""

    STOP = auto()
    REQUEST = auto()
    FRAME = auto()


class Turns(Generic[Request]):
    """What was asked for, and when the next frame is due."""

    def __init__(self, pace: Pace, back: Pace, clock: Callable[[], float], went_on: Callable[[bool], None]) -> None:
        """Frames come at `pace`, those of the past at that of `back`.

        `went_on` hears of the end of each rest, with whether it is for one frame only.
        """
        self.rewinding = False
        """Whether the person goes back."""
        self.paused = False
        self._pace, self._back, self._clock, self._went_on = pace, back, clock, went_on
        self._condition = threading.Condition()
        self._requests: deque[Request] = deque()
        self._stop = self._rested = False
        self._single = 0  # frames to make although paused

    def stop(self) -> None:
        """Let the turn after what was asked for so far be the last."""
        with self._condition:
            self._stop = True
            self._condition.notify()

    def pause(self, paused: bool) -> None:
        """Make no frames, or go on."""
        with self._condition:
            self.paused, self._single = paused, 0
            self._condition.notify()

    def step_once(self) -> None:
        """Make one frame while paused."""
        with self._condition:
            self._single += 1
            self._condition.notify()

    def rewind(self, rewinding: bool) -> None:
        """Go back, or go on."""
        with self._condition:
            self.rewinding = rewinding
            self._condition.notify()

    def ask(self, request: Request) -> None:
        """Have a request carried out before the next frame."""
        with self._condition:
            self._requests.append(request)
            self._condition.notify()

    def request(self) -> Request:
        """Return the oldest request, whose turn it is."""
        with self._condition:
            return self._requests.popleft()

    def wait(self, *, going_back: bool = False) -> Turn:
        """Wait for the next turn: a request's at once, a frame's at the pace unless paused and not `going_back`."""
        with self._condition:
            while not self._stop and not self._requests:
                if self.paused and not self._single and not self.rewinding and not going_back:
                    self._rest()
                    continue
                self._go_on()
                pace = self._back if self.rewinding or going_back else self._pace
                remaining = pace.remaining(self._clock())
                if remaining <= 0:
                    pace.begin(self._clock())
                    return self._frame()
                self._condition.wait(remaining)
            return self._asked()

    def wait_led(self) -> Turn:
        """Wait for the next turn of a walk that is led somewhere: as soon as can be, and there is no going back."""
        with self._condition:
            while not self._stop and not self._requests:
                if not self.paused or self._single:
                    self._go_on()
                    return self._frame()
                self._rest()
            return self._asked()

    def _rest(self) -> None:
        self._rested = True
        self._condition.wait()

    def _go_on(self) -> None:
        if self._rested:
            self._rested = False
            self._went_on(bool(self._single))

    def _frame(self) -> Turn:
        self._single = max(0, self._single - 1)
        return Turn.FRAME

    def _asked(self) -> Turn:
        return Turn.REQUEST if self._requests else Turn.STOP  # a save that was asked for is not lost by leaving
