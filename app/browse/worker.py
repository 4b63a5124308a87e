"""A thread beside the main one that always does what is wanted most."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

Job = Callable[[], None]


class Worker(ABC):
    """Does one small job after the other; the main thread says what it wants and never waits."""

    def __init__(self, name: str, wake: Callable[[], None]) -> None:
        """Prepare a thread of that name; `wake` tells the main thread that there is something new."""
        self._changed = threading.Condition()
        self._wake = wake
        self._closing = False
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def check(self) -> None:
        """Raise what went wrong in the thread that should not have."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End the thread after its present job."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    @abstractmethod
    def _choose(self) -> Job | None:
        """Return what is wanted most, None for nothing. Called with the lock held."""

    @abstractmethod
    def _finish(self) -> None:
        """Let go of what the thread holds. Called at its end."""

    def _run(self) -> None:
        try:
            while (job := self._wait()) is not None:
                job()
        except Exception as error:  # shown by the main thread
            self._failure = error
            self._wake()
        finally:
            self._finish()

    def _wait(self) -> Job | None:
        with self._changed:
            while not self._closing:
                job = self._choose()
                if job is not None:
                    return job
                self._changed.wait()
        return None
