"""Where a walk is: enough to come back."""

from pathlib import Path

from .handover import Frame
from .keepsakes import Place
from .options import Options
from .recording import Recording


def place_of(options: Options, world_hash: str, first: str, frame: Frame | None, recording: Recording) -> Place:
    """Return where the walk is at the `frame` that is shown; `first` is the scene that a world begins in by itself."""
    facts = frame.walk if frame else None
    spot = facts.spot if facts else None
    replay = recording.recorder.folder_of(spot) if spot else None
    return Place(
        world=options.spec.name,
        world_hash=world_hash,
        seed=facts.seed if facts else options.seed,
        scene=Path((facts.scene if facts else None) or first).name,
        index=spot.index if spot and replay else frame.index if frame else 0,
        steps=facts.steps if facts else 0,
        replay=replay.name if replay else "",
    )
