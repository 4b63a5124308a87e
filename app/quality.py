"""How many evaluations a frame may cost: a fixed number, or as many as the world's rate allows on this machine."""

from collections import deque
from collections.abc import Callable, Sequence
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
        say: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        """Choose among `allowed` numbers, beginning with `steps`; without `auto` only a person changes them.

        `say` hears, once, that the fewest are still too many, and what else can be done.
        """
        self._allowed, self._budget_ms = sorted(allowed), 1000 / fps
        self.steps, self.auto = steps, auto
        self._spent: deque[float] = deque(maxlen=_LOOKED_AT)
        self._say, self._said = say, False
        self._too_slow = 0  # frames on end with which the fewest steps were too many
        self._wait = 0
        self._wait_frames = round(_PATIENCE * fps)

    def steps_after(self, step_ms: float) -> int:
        """Take the milliseconds of the newest frame; returns the steps for the next."""
        self._spent.append(step_ms)
        self._wait = max(0, self._wait - 1)
        if self.auto and len(self._spent) == _LOOKED_AT:
            typical = median(self._spent)
            more = self._next(1)
            least = self._next(-1) is None
            self._too_slow = self._too_slow + 1 if least and typical > self._budget_ms else 0
            if typical > _BUSY * self._budget_ms and not least:
                self._wait = self._wait_frames
                self._choose(self._next(-1))
            elif self._too_slow > _LOOKED_AT:
                self._say_once()
            elif more is not None and not self._wait and typical * more / self.steps < _IDLE * self._budget_ms:
                self._choose(more)
        return self.steps

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

    def _say_once(self) -> None:
        if not self._said:
            self._said = True
            few = f"{self.steps} step{'s' * (self.steps > 1)}"
            self._say(
                f"this machine is too slow for the world even with {few} a frame: "
                "another runtime or a shorter memory may help (Esc, Settings, Play)"
            )

    def _next(self, by: int) -> int | None:
        place = self._allowed.index(self.steps) + by
        return self._allowed[place] if 0 <= place < len(self._allowed) else None

    def _choose(self, steps: int | None) -> None:
        if steps is not None:
            self.steps = steps
            self._spent.clear()
