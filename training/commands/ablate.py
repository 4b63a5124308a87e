"""`arvd-train ablate`: the grid of initialisations and steps, cell by cell, several at a time."""

import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from model.errors import RunError

from ..ablation import Ablation, AblationConfig, Cell, distilled_cells, initial_cells
from ..ablation_report import write_report
from ..data.fitted import open_footage
from ..data.remembered import RememberedDataset
from ..logs import warn
from ..recipe import Recipe

_LOOK_SECONDS = 0.5  # between looks at the clock while workers work

_ended: Any = None
"""In a worker: a byte that it shares with the process that started it, 1 once all are to stop."""


@dataclass(frozen=True)
class Job:
    """What every worker is given."""

    recipe: Recipe
    config: AblationConfig
    data: str | Path
    heldout: str | Path
    idm: Path
    root: Path
    device: str

    def ablation(self, stop: Callable[[], bool], say: Callable[[str], None] = warn) -> Ablation:
        """Open everything; `say` hears what is cut off the footage."""
        data, heldout = (open_footage(path, self.recipe.size, say) for path in (self.data, self.heldout))
        return Ablation(
            self.recipe, self.config, lambda: data, RememberedDataset(heldout), self.idm, self.root,
            torch.device(self.device), stop,
        )  # fmt: skip


def run_ablation(job: Job, out: Path, workers: int, stop: Callable[[], bool]) -> int:
    """Do all cells that are not done, then write the report; returns the exit code.

    Raises:
        ArvdError: the first that a cell meets; the other workers stop where they are, to be resumed.
    """
    ablation = job.ablation(stop)
    first, *initial = initial_cells(job.config)
    # the AR model by itself: what cannot be measured shows here, before anything is trained
    done = ablation.prepare() and ablation.run(first)
    # cells of one initialisation share its folder: those that build on it run after it, in a round of their own
    rounds = (initial, distilled_cells(job.config))
    if workers == 1:
        done = done and all(_tell(cell, ablation.run(cell)) for cells in rounds for cell in cells)
    else:
        done = done and _at_once(job, rounds, workers, stop)
    if not done:
        print("ablate: stopped; start the same command again to resume", file=sys.stderr)
        return 0
    write_report(job.root / "ablation", job.config, out)
    print(f"wrote {out}")
    return 0


def _at_once(job: Job, rounds: Sequence[Sequence[Cell]], workers: int, stop: Callable[[], bool]) -> bool:
    """The cells of one round after the other, several at a time; returns whether all are done."""
    threads, context = max(1, torch.get_num_threads() // workers), get_context("spawn")
    ended = context.RawValue("b", 0)
    with ProcessPoolExecutor(workers, context, _prepare, (threads, ended)) as pool:
        try:
            return all(_round(pool, job, cells, stop, ended) for cells in rounds)
        except BrokenProcessPool:
            if stop():  # all processes were asked to end at once, which workers do right away
                return False
            raise RunError(
                "a worker was ended from outside, perhaps for lack of memory; start the same command again to resume, "
                "with fewer --workers"
            ) from None
        finally:
            ended.value = True
            pool.shutdown(wait=False, cancel_futures=True)


def _round(pool: ProcessPoolExecutor, job: Job, cells: Sequence[Cell], stop: Callable[[], bool], ended: Any) -> bool:
    running = {pool.submit(_one, job, cell): cell for cell in cells}
    waiting, done = set(running), True
    while waiting:
        finished, waiting = wait(waiting, _LOOK_SECONDS, FIRST_COMPLETED)
        for future in finished:
            done &= _tell(running[future], future.result())
        ended.value = stop()
    return done


def _tell(cell: Cell, done: bool) -> bool:
    print(f"ablate: {cell.name} {'done' if done else 'stopped'}", file=sys.stderr)
    return done


def _prepare(threads: int, ended: Any) -> None:
    """Set a worker process up."""
    global _ended  # what is shared can reach a worker at its start only
    _ended = ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to hear, which stops all
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # as in every training


def _one(job: Job, cell: Cell) -> bool:
    """One cell, in a worker."""
    return job.ablation(lambda: bool(_ended.value), lambda _: None).run(cell)  # the first process has said it all
