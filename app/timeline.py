"""The last minute of play, to go back to: frames and actions of every moment, snapshots of some.

Snapshots are what costs memory (4.5 MB each for the bundled world), so they are taken as far apart as the budget
asks for; a moment between two is reached by generating again from the one before, which gives the same bytes,
unless the walk was computed otherwise then (`since`). That takes a moment, so there is a most to how far apart they
are: where the budget asks for more, less of the past is kept.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from model.actions import Action

from .engine import Pixels, Session, Snapshot
from .spot import Spot

BUDGET_BYTES = 256 << 20
"""Most that snapshots and frames of a timeline take together; one snapshot and what follows it are always kept."""

_MOST_AGAIN = 64
"""Most frames from one snapshot to the next. All but one may have to be generated again, while whoever went back, or
wants to leave, waits: 4 s of play at 16 frames a second, so less than that for whatever keeps up with its world."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame of the past."""

    index: int
    action: Action
    """What led to the frame."""
    steps: int
    """Evaluations that it took."""
    pixels: Pixels
    spot: Spot | None = None
    """Where it stands in a replay; None where it was not recorded."""


class Timeline:
    """What the generator remembers of a session; not shared between threads."""

    def __init__(self, frames: int, budget: int = BUDGET_BYTES) -> None:
        """Remember at least `frames` frames back if the budget in bytes allows, never more than twice as many."""
        self._wanted, self._budget = frames, budget
        self._moments: deque[Moment] = deque()
        self._snapshots: dict[int, Snapshot] = {}
        self._every = 1
        self.since = 0
        """First frame that comes out as it was; those before were computed otherwise than now."""

    @property
    def oldest(self) -> int | None:
        """First frame that can be gone back to; None while there is none."""
        return next(iter(self._snapshots), None)

    @property
    def nbytes(self) -> int:
        """Memory taken by snapshots and frames."""
        frames = sum(moment.pixels.nbytes for moment in self._moments)
        return frames + sum(snapshot.nbytes for snapshot in self._snapshots.values())

    @property
    def every(self) -> int:
        """Frames between two snapshots; going back generates at most one less again."""
        return self._every

    def begin(self, session: Session) -> None:
        """Forget everything: `session` is at the start of something else."""
        self._moments.clear()
        self._snapshots = {}
        self.go_on(session)

    def go_on(self, session: Session) -> None:
        """Follow another session from the newest frame on; what was before can still be gone back to."""
        snapshot = session.snapshot()
        self._snapshots[session.index] = snapshot
        self.since = session.index
        # frames come first, they are what is shown; but one cannot go back to them without snapshots
        each = min(self._budget // 2, max(1, session.frame.nbytes * 2 * self._wanted))
        affordable = max(2, (self._budget - each) // max(1, snapshot.nbytes))
        self._every = min(_MOST_AGAIN, max(1, -(-self._wanted // (affordable - 1))))

    def note(self, session: Session, action: Action, spot: Spot | None = None) -> None:
        """Remember the frame that `session` has just made, and where it stands in a replay."""
        self._moments.append(Moment(session.index, action, session.steps, session.frame, spot))
        if session.index - next(reversed(self._snapshots)) >= self._every:
            self._snapshots[session.index] = session.snapshot()
        while self._too_long():
            oldest = next(iter(self._snapshots))
            del self._snapshots[oldest]
            kept = next(iter(self._snapshots))
            while self._moments and self._moments[0].index <= kept:
                self._moments.popleft()

    def moments_back(self) -> Iterator[Moment]:
        """Frames from the newest to the oldest that can be gone back to."""
        return reversed(self._moments)

    def go_to(self, session: Session, index: int) -> int:
        """Put `session` back to frame `index` and forget what came after; returns the frame reached.

        A frame before the oldest remembered is the oldest. One before `since` is near to what it was, and no longer so.
        """
        start = max((k for k in self._snapshots if k <= index), default=next(iter(self._snapshots)))
        session.restore(self._snapshots[start], exact=False)
        for moment in self._moments:
            if start < moment.index <= index:
                session.steps = moment.steps
                session.step(moment.action)
        while self._moments and self._moments[-1].index > session.index:
            self._moments.pop()
        self._snapshots = {k: snapshot for k, snapshot in self._snapshots.items() if k <= session.index}
        self.since = min(self.since, session.index)
        return session.index

    def _too_long(self) -> bool:
        """Whether the oldest snapshot can go: what is left still reaches back far enough, or memory asks for it."""
        if len(self._snapshots) < 2:
            return False
        second = list(self._snapshots)[1]
        newest = self._moments[-1].index if self._moments else second
        return newest - second >= self._wanted or self.nbytes > self._budget
