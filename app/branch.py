"""Where a recorded walk is left to be played on."""

from dataclasses import dataclass

from model.footage.replay import Replay


@dataclass(frozen=True)
class Branch:
    """A frame of a replay."""

    replay: Replay
    frame: int
    """As its lines are counted: 0 is the picture that it began with."""
