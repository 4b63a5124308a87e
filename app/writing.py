"""Does what waits for the disk in a thread of its own, one thing after the other, so that play does not wait."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from model.files import lacks_room

Job = Callable[[], str]
"""Writes something and returns the sentence that tells of it, "" for none, or raises an error that says why not."""

_MOST_JOBS = 16  # that hold pictures and states in memory


class Writer:
    """Takes jobs from any thread; its own lives as long as there are some."""

    def __init__(self, name: str, told: Callable[[str], None]) -> None:
        """Wait for jobs in a thread called `name`; `told` hears there what came of them."""
        self._name, self._told = name, told
        self._jobs: SimpleQueue[tuple[str, Job]] = SimpleQueue()
        self._changed = threading.Condition()
        self._left = 0
        self._thread: threading.Thread | None = None

    @property
    def left(self) -> int:
        """Jobs that are not done."""
        return self._left

    def put(self, what: str, job: Job) -> None:
        """Do `job` after those before it, or say that there are too many; `what` is the thing that it writes."""
        with self._changed:
            if self._left >= _MOST_JOBS:
                self._told(f"{what} was not written, since the disk is busy; try again")
                return
            self._jobs.put((what, job))
            self._left += 1
            if self._left == 1:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()

    def wait(self) -> None:
        """Wait until all is done and the thread has ended, so that the end of the program meets none on its way out."""
        with self._changed:
            self._changed.wait_for(lambda: not self._left)
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            what, job = self._jobs.get()
            try:
                said = job()
            except Exception as error:  # whatever an encoder or a disk meets, nobody waits in vain
                said = f"{what} could not be written ({_reason(error)}){_remedy(error)}"
            if said:
                self._told(said)
            with self._changed:
                self._left -= 1
                self._changed.notify_all()
                if not self._left:
                    return


def _remedy(error: Exception) -> str:
    """What helps against it, where that is known."""
    cause = error.__cause__ or error
    return "; make room on the disk" if lacks_room(cause) else ""


def _reason(error: Exception) -> str:
    """What a disk says, in its own words: the person has named no file, and can name no other."""
    cause = error.__cause__ or error
    return cause.strerror if isinstance(cause, OSError) and cause.strerror else str(error)
