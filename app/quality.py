"""How many evaluations a frame may cost: a fixed number, or as many as the world's rate allows on this machine."""

from collections import deque
from collections.abc import Sequence
from statistics import median

_LOOKED_AT = 24  # frames; a second and a half
_BUSY, _IDLE = 0.92, 0.60
"""Shares of a frame's time: above the first fewer steps are taken, below the second (as more would cost) more."""
_PATIENCE = 6.0  # seconds until more steps are tried again after they were too many


class Quality:
    """Chooses the steps of the next frame; used by the thread that generates."""

    def __init__(
        self,
        allowed: Sequence[int],
        fps: float,
        *,
        steps: int,
        auto: bool,
        capped: bool = True,
    ) -> None:
        """Choose among `allowed` numbers, beginning with `steps`; without `auto` only a person changes them.

        Frames that are not `capped` come as they can: no machine is too slow for them.
        """
        self._allowed, self._budget_ms = sorted(allowed), 1000 / fps
        self.steps, self.auto = steps, auto
        self._spent: deque[float] = deque(maxlen=_LOOKED_AT)
        self._capped = capped
        self._slow = 0  # frames on end with which steps were too many that nothing but a person changes
        self._wait = 0
        self._wait_frames = round(_PATIENCE * fps)

    def steps_after(self, step_ms: float) -> int:
        """Take the milliseconds of the newest frame; returns the steps for the next."""
        self._spent.append(step_ms)
        self._wait = max(0, self._wait - 1)
        if len(self._spent) == _LOOKED_AT:
            typical = median(self._spent)
            stays = self.fewest or not self.auto
            self._slow = self._slow + 1 if stays and self._capped and typical > self._budget_ms else 0
            if self.auto:
                self._adapt(typical)
        return self.steps

    @property
    def too_slow(self) -> bool:
        """Whether these steps have been too many for this machine for a while, and nobody takes fewer by itself."""
        return self._slow > _LOOKED_AT

    @property
    def fewest(self) -> bool:
        """Whether there is no smaller number of steps."""
        return self._next(-1) is None

    def change(self, by: int) -> int:
        """Take more (1) or fewer (-1) steps, as a person asks for; ends choosing by itself."""
        self.auto = False
        self._choose(self._next(by))
        return self.steps

    def settle(self, steps: int | None) -> int:
        """Take so many steps where they are allowed, as a person asks for; None leaves it to the machine's speed."""
        self.auto = steps is None
        if steps in self._allowed:
            self._choose(steps)
        return self.steps

    def follow(self, steps: int) -> None:
        """Go on in the steps of a frame that was gone back to or loaded; who chooses them stays."""
        if steps in self._allowed:
            self._choose(steps)

    def allow(self, allowed: Sequence[int], steps: int) -> None:
        """Choose among other numbers from now on, beginning with `steps`: those of another world."""
        self._allowed = sorted(allowed)
        self._choose(steps)

    def _adapt(self, typical: float) -> None:
        """Take fewer steps where a frame of `typical` milliseconds is late, more where those would not be."""
        more = self._next(1)
        if typical > _BUSY * self._budget_ms and not self.fewest:
            self._wait = self._wait_frames
            self._choose(self._next(-1))
        elif more is not None and not self._wait and typical * more / self.steps < _IDLE * self._budget_ms:
            self._choose(more)

    def _next(self, by: int) -> int | None:
        place = self._allowed.index(self.steps) + by
        return self._allowed[place] if 0 <= place < len(self._allowed) else None

    def _choose(self, steps: int | None) -> None:
        if steps is not None:
            self.steps = steps
            self._spent.clear()
            self._slow = 0
