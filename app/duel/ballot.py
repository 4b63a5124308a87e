"""The votes of one sitting: taken, logged as soon as the disk can, and summed up at the end."""

from collections import deque
from datetime import datetime

from .options import DuelOptions
from .rounds import Round
from .votes import Contender, Vote, append_vote, read_votes, tally
from .voting import Choice


class Ballot:
    """Votes on the two worlds of `options`, in the order they were given."""

    def __init__(self, options: DuelOptions) -> None:
        """No votes yet."""
        self._options = options
        self.votes: list[Vote] = []
        self._unlogged: deque[Vote] = deque()

    def take(self, choice: Choice, round_: Round, frames: int, a: Contender, b: Contender, now: datetime) -> None:
        """Take a vote on a round after so many frames; it counts in the summary whether it can be logged or not."""
        vote = Vote(
            time=now.isoformat(timespec="seconds"),
            blind=self._options.blind,
            draw=self._options.draw,
            round=round_.number,
            scene=round_.start.name,
            seed=round_.seed,
            fps=self._options.fps,
            frames=frames,
            left="b" if round_.swapped else "a",
            choice=choice,
            a=a,
            b=b,
        )
        self.votes.append(vote)
        self._unlogged.append(vote)

    def log(self) -> str:
        """Write what is not written yet and wait for the disk; returns what is to be said: nothing, or why it failed.

        For one thread at a time; what fails is tried again with the next vote, and at the end.
        """
        try:
            while self._unlogged:
                append_vote(self._options.votes, self._unlogged[0])
                self._unlogged.popleft()
        except OSError as error:
            return f"the vote could not be written ({error.strerror}); it counts until you leave"
        return ""

    def summary(self) -> list[str]:
        """Return what was voted, line by line; nothing if no vote was given."""
        if not self.votes:
            return []
        a, b = self.votes[-1].a, self.votes[-1].b
        lines = [
            f"{letter}: {world.name} ({world.hash[:8]}), {world.steps} step{'s' * (world.steps != 1)} a frame"
            for letter, world in (("A", a), ("B", b))
        ]
        lines.append(tally(self.votes, a, b).sentence())
        try:
            logged, strange = read_votes(self._options.votes)
        except OSError as error:
            return [*lines, f"{self._options.votes} cannot be read ({error.strerror or error})"]
        alike = [vote for vote in logged if vote.blind == self._options.blind]
        if len(alike) > len(self.votes):
            lines.append(f"with earlier {'blind ' * self._options.blind}votes, {tally(alike, a, b).sentence()}")
        unread = f" ({strange} of its lines are no votes that this arvd reads)" if strange else ""
        return [*lines, f"votes are in {self._options.votes}{unread}"]
