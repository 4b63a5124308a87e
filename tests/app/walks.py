"""Walks that a player in another process records, looked at while they are written."""

from pathlib import Path

from model.footage.replay import Replay, ReplayLine, read_replay

from .display import until


class Walks:
    """The replays in a folder, in the order in which they were begun."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> list[Replay]:
        found = [read_replay(path.parent) for path in self.folder.glob("*/replay.toml")]
        return sorted(found, key=lambda replay: (replay.folder / "replay.toml").stat().st_mtime_ns)

    def last(self) -> Replay:
        return self.all()[-1]

    def lines(self) -> list[ReplayLine]:
        """Frames of the newest, the picture that it began with left out."""
        return list(self.last().lines[1:])

    def begun(self, count: int, what: str) -> Replay:
        """Wait until so many were begun, the newest of which has a frame."""
        until(lambda: len(self.all()) >= count and len(self.last().lines) > 1, what)
        assert len(self.all()) == count, what
        return self.last()

    def grown(self, by: int, what: str) -> None:
        """Wait for so many more frames of the newest."""
        before, replay = len(self.lines()), self.last().folder
        until(lambda: len(read_replay(replay).lines) - 1 >= before + by, what)
