"""A disk that holds up whoever has a file synced, until it is let go."""

from threading import Event

import pytest

PATIENCE = 60  # seconds, on a busy machine


class HeldDisk:
    """That of this process."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached, self.free = Event(), Event()
        patch.setattr("os.fsync", self._sync)

    def _sync(self, _: int) -> None:
        self.reached.set()
        assert self.free.wait(PATIENCE)
