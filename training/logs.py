"""What a run tells: a bar on a terminal, plain lines in a pipe, `log.jsonl`, pictures, TensorBoard."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from model.errors import RunError
from model.files import lacks_room, write_atomically

from .distributed import rank

_LINE_SECONDS = 15.0  # between plain lines in a pipe


class RunLog:
    """Everything a run says, in its folder and on the console."""

    def __init__(self, folder: Path, steps: int) -> None:
        """Open the log of `folder` for appending."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._writes = folder, rank() == 0
        self._console = _console()
        self._progress = _progress(self._console)
        self._task = self._progress.add_task(folder.name, total=steps)
        self._resumed = 0
        self._started = time.monotonic()

    def __enter__(self) -> "RunLog":
        """Start the progress line."""
        self._excepthook, threading.excepthook = threading.excepthook, _without_full_disk(threading.excepthook)
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the progress line and flush."""
        self._progress.stop()
        if (tensorboard := self.__dict__.get("_tensorboard")) is not None:
            with contextlib.suppress(OSError):  # what it still had to write is in log.jsonl too
                tensorboard.close()
        threading.excepthook = self._excepthook

    @cached_property
    def _tensorboard(self) -> Any:
        """Opened with the first number or picture, when it is known from where the run goes on."""
        return _tensorboard(self._folder, self._resumed)

    def resume(self, step: int) -> None:
        """Go on after `step`: what a run that was killed had written of later steps is dropped."""
        self._resumed = step
        if not self._writes:
            return
        path = self._folder / "log.jsonl"
        lines = path.read_text().splitlines() if path.is_file() else []
        kept = [(row, line) for line in lines if (row := _row(line)) is not None and row["step"] <= step]
        if len(kept) < len(lines):
            write_atomically(path, "".join(f"{line}\n" for _, line in kept).encode())
        if kept:
            self._started = time.monotonic() - kept[-1][0]["time"]

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Record numbers of one step; only the first rank of a distributed run does."""
        if not self._writes:
            return
        row = {"step": step, "time": round(time.monotonic() - self._started, 1)}
        row |= {key: float(f"{value:.6g}") for key, value in values.items()}
        path = self._folder / "log.jsonl"
        try:
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
        except OSError as error:
            raise RunError(f"{path}: could not be written ({error.strerror}); make room, then resume") from error
        title = f"{self._folder.name} loss {values['loss']:.4f}"
        if "utilisation" in values:
            title += f" at {values['utilisation']:.0%} of the machine"
        self._progress.update(self._task, completed=step, description=title)
        if not self._console.is_terminal:
            self.note(" ".join(f"{key} {value:.5g}" for key, value in row.items()))
        if self._tensorboard is not None:
            for key, value in values.items():
                self._tensorboard.add_scalar(key, value, step)

    def pictures(self, step: int, pictures: Mapping[str, npt.NDArray[np.uint8]]) -> None:
        """Record pictures (h, w, 3) of one step as PNG and in TensorBoard; only the first rank does."""
        if not self._writes:
            return
        for name, picture in pictures.items():
            png = iio.imwrite("<bytes>", picture, extension=".png")
            write_atomically(self._folder / f"{name}-{step:06d}.png", png)
            if self._tensorboard is not None:
                self._tensorboard.add_image(name, picture, step, dataformats="HWC")

    def note(self, message: str) -> None:
        """Print one plain line."""
        self._console.print(message, soft_wrap=True)

    def warn(self, message: str) -> None:
        """Print one line that asks for attention."""
        self._console.print(f"warning: {message}", style="yellow", soft_wrap=True)


class Steps:
    """Progress of a task that is no run: a bar on a terminal, a plain line now and then in a pipe."""

    def __init__(self, task: str, total: int, unit: str) -> None:
        """Name the task and what it counts, as in ("encode", 160, "clips")."""
        self._name, self._total, self._unit, self._done = task, total, unit, 0
        self._console = _console()
        self._progress = _progress(self._console)
        self._task = self._progress.add_task(task, total=total)
        self._began = self._told = time.monotonic()

    def __enter__(self) -> "Steps":
        """Show the bar."""
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar down."""
        self._progress.stop()

    def advance(self, count: int = 1) -> None:
        """Count one or more as done."""
        self._done += count
        now = time.monotonic()
        rate = f"{self._done / max(now - self._began, 1e-3):,.1f} {self._unit}/s"
        self._progress.update(self._task, advance=count, description=f"{self._name} {rate}")
        if not self._console.is_terminal and (now - self._told > _LINE_SECONDS or self._done == self._total):
            line = f"{self._name}: {self._done:,} of {self._total:,} {self._unit}, {rate}"
            self._console.print(line, soft_wrap=True)
            self._told = now


def _console() -> Console:
    """Names of files are no markup; of several ranks only the first speaks."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False, quiet=rank() > 0)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )


def warn(message: str) -> None:
    """Print one line that asks for attention, outside of any run."""
    _console().print(f"warning: {message}", style="yellow", soft_wrap=True)


def _row(line: str) -> dict[str, float] | None:
    """One row of `log.jsonl`, or None when it was cut short."""
    try:
        row = json.loads(line)
        return {"step": int(row["step"]), "time": float(row["time"])}
    except (ValueError, KeyError, TypeError):
        return None


def _without_full_disk(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    """`hook` without what TensorBoard's thread says of a full disk: the run says it itself, in one sentence."""

    def called(thread_error: threading.ExceptHookArgs) -> None:
        error = thread_error.exc_value
        if not lacks_room(error):
            hook(thread_error)

    return called


def _tensorboard(folder: Path, resumed: int) -> Any:
    try:
        from torch.utils.tensorboard.writer import SummaryWriter
    except ImportError:  # the extra `log` is not installed; log.jsonl and the pictures remain
        return None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=resumed + 1)
