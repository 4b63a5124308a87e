"""Where a frame stands in what was recorded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a replay, whose folder may have no name yet (`Recorder.folder_of`)."""

    replay: int
    """Replays that the recorder had begun by then."""
    index: int
    """As the replay's lines are counted: 0 is the picture that it began with."""
