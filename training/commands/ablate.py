"""`arvd-train ablate`: the grid of initialisations and steps, cell by cell, several at a time."""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import torch

from ..ablation import Ablation, AblationConfig, Cell, distilled_cells, initial_cells
from ..ablation_report import write_report
from ..data.gf_minecraft import GFMinecraft
from ..data.scaled import ScaledDataset
from ..recipes import RECIPES


@dataclass(frozen=True)
class Job:
    """What every worker is given."""

    recipe: str
    config: AblationConfig
    data: Path
    heldout: Path
    idm: Path
    root: Path
    device: str
    end: float
    """Time at which to stop, by the machine's clock."""

    def ablation(self, stop: Callable[[], bool]) -> Ablation:
        """Open everything."""
        recipe = RECIPES[self.recipe]()

        def opened(path: Path) -> GFMinecraft | ScaledDataset:
            footage = GFMinecraft(path)
            return footage if recipe.size is None else ScaledDataset(footage, recipe.size)

        data = opened(self.data)
        return Ablation(
            recipe, self.config, lambda: data, opened(self.heldout), self.idm, self.root,
            torch.device(self.device), stop,
        )  # fmt: skip


def run_ablation(job: Job, out: Path, workers: int) -> int:
    """Do all cells that are not done, then write the report; returns the exit code.

    Raises:
        ArvdError: the first that a cell meets; other cells are finished or stopped first.
    """
    for cells in (initial_cells(job.config), distilled_cells(job.config)):
        if not _all(job, cells, workers):
            print("ablate: stopped; start the same command again to resume", file=sys.stderr)
            return 0
    write_report(job.root / "ablation", job.config, out)
    print(f"wrote {out}")
    return 0


def _all(job: Job, cells: Sequence[Cell], workers: int) -> bool:
    if workers == 1:
        return all(_one(job, cell) for cell in cells)
    threads = max(1, torch.get_num_threads() // workers)
    # cells of one initialisation share its folder: those that build on it run after it, in the second round
    with ProcessPoolExecutor(workers, get_context("spawn"), _prepare, (threads,)) as pool:
        running: dict[Future[bool], Cell] = {pool.submit(_one, job, cell): cell for cell in cells}
        try:
            done = []
            for future in as_completed(running):
                done.append(future.result())
                print(f"ablate: {running[future].name} {'done' if done[-1] else 'stopped'}", file=sys.stderr)
            return all(done)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _prepare(threads: int) -> None:
    """Set a worker process up."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # as in every training


def _one(job: Job, cell: Cell) -> bool:
    """One cell, in whichever process."""
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    return job.ablation(lambda: bool(asked) or time.time() >= job.end).run(cell)
