"""The capture of a whole data set: who makes which clips, going on where it stopped, ending clean."""

import fcntl
import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from model.errors import DataError, RunError
from model.footage.gf_clip import append_annotation, rebuild_annotations

from .installed import Installed
from .plan import CapturePlan
from .worker import work

ROOM = ".capture"
"""Sub-folder in which games live while they run."""
_DEATHS = 3  # workers in a row that may be killed from outside without finishing a clip
_SECONDS = 20  # for a worker to end its game


def collect(plan: CapturePlan, folder: Path, installed: Installed, workers: int, advance: Callable[[], None]) -> None:
    """Capture what is missing of `plan` into `folder`; `advance` is called once per clip.

    Raises:
        DataError: when the folder holds something else or is in use.
        RunError: when the game does not run.
    """
    with opened(folder):
        plan.begin(folder)
        crew = _Crew(plan, folder, installed, advance)
        try:
            crew.run(shared_out(plan, plan.missing(folder), workers), workers)
        finally:
            crew.end()
            shutil.rmtree(folder / ROOM, ignore_errors=True)
            rebuild_annotations(folder)


@contextmanager
def opened(folder: Path) -> Iterator[None]:
    """Have `folder` to oneself, without what a killed capture left unfinished; raises DataError when it is in use."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataError(f"{folder}: another capture writes here; wait for it or choose another folder") from None
        shutil.rmtree(folder / ROOM, ignore_errors=True)
        for part in (*folder.glob("video/.*.part"), *folder.glob("metadata/.*.part"), *folder.glob(".*.part")):
            part.unlink(missing_ok=True)
        yield
    finally:
        os.close(lock)


def shared_out(plan: CapturePlan, missing: Sequence[int], workers: int) -> list[list[int]]:
    """Split clips into tasks of one world each, at least as many as `workers` where there are enough clips."""
    worlds: dict[int, list[int]] = {}
    for clip in missing:
        worlds.setdefault(plan.world(clip), []).append(clip)
    tasks = list(worlds.values())
    while tasks and len(tasks) < workers and len(longest := max(tasks, key=len)) > 1:
        tasks.remove(longest)
        half = len(longest) // 2
        tasks += [longest[:half], longest[half:]]
    return sorted(tasks)


class _Crew:
    """Workers, each with a task; a worker that is killed is replaced."""

    def __init__(self, plan: CapturePlan, folder: Path, installed: Installed, advance: Callable[[], None]) -> None:
        self._plan, self._folder, self._installed, self._advance = plan, folder, installed, advance
        self._context = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, BaseProcess] = {}
        self._tasks: dict[Connection, list[int]] = {}
        self._hired = self._deaths = 0

    def run(self, tasks: Sequence[list[int]], workers: int) -> None:
        """Have all tasks done by at most `workers` at a time; raises RunError when they cannot be."""
        waiting = list(reversed(tasks))
        while waiting or self._tasks:
            while waiting and len(self._tasks) < workers:
                idle = next((post for post in self._workers if post not in self._tasks), None) or self._hire()
                self._tasks[idle] = waiting.pop()
                idle.send(self._tasks[idle])
            for post in wait([*self._tasks]):
                assert isinstance(post, Connection)
                self._hear(post, waiting)

    def end(self) -> None:
        """Dismiss all workers; each ends its game."""
        for process in self._workers.values():
            process.terminate()
        for process in self._workers.values():
            process.join(_SECONDS)
            process.kill()
            process.join()

    def _hire(self) -> Connection:
        ours, theirs = self._context.Pipe()
        room = self._folder / ROOM / str(self._hired)
        words = (theirs, os.getpid(), self._plan, self._folder, room, self._installed)
        process = self._context.Process(target=work, args=words, name=f"capture {self._hired}")
        process.start()
        theirs.close()
        self._hired += 1
        self._workers[ours] = process
        return ours

    def _hear(self, post: Connection, waiting: list[list[int]]) -> None:
        try:
            said = post.recv()
        except (EOFError, OSError):
            self._bury(post, waiting)
            return
        if said is None:
            del self._tasks[post]
        elif isinstance(said, str):
            raise RunError(f"capture stopped: {said}")
        else:
            clip, details = said
            append_annotation(self._folder, self._plan.name(clip), details.prompts)
            self._tasks[post].remove(clip)
            self._deaths = 0
            self._advance()

    def _bury(self, post: Connection, waiting: list[list[int]]) -> None:
        """A worker was killed: somebody else goes on with its task."""
        process = self._workers.pop(post)
        process.join()
        self._deaths += 1
        if self._deaths == _DEATHS:
            raise RunError(
                f"capture stopped: its workers are killed from outside (exit code {process.exitcode}), "
                "for lack of memory perhaps; ask for fewer with --workers"
            )
        waiting.append(self._tasks.pop(post))
