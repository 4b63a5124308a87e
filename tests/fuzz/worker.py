"""The process that reads mutated footage: it may die, hang or grow, which `run` notices.

Each line of its input is a table in JSON, a `Case`; each line of its answer is a table with the `Result`. Run as
`python -m tests.fuzz.worker MODULE FOLDER`, where MODULE holds the table READERS.
"""

import contextlib
import importlib
import json
import os
import re
import resource
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from model.errors import ArvdError

from .mutate import mutated
from .readers import Reader

MOST_SECONDS = float(os.environ.get("ARVD_FUZZ_SECONDS", "10"))
"""Of a processor's time, that one case may take; the process ends beyond."""
MOST_MB = 500
"""That one case may add to what the process holds."""
MOST_WORDS = 1000
"""Characters of the longest message that is still one sentence."""
_MEMORY = 2 << 30  # more than that is not given out: what would bring the machine down fails here


@dataclass(frozen=True)
class Case:
    """One dataset to be read: a valid one that is damaged first, or the one in `folder`, as it is."""

    reader: str
    seed: int = 0
    folder: str = ""


@dataclass(frozen=True)
class Result:
    """What became of a case."""

    outcome: str
    """`read`, `refused`, or what went wrong."""
    message: str = ""
    ms: float = 0.0
    mb: float = 0.0


def main(module: str, base: Path) -> None:
    """Answer until the input ends."""
    readers: Mapping[str, Reader] = importlib.import_module(module).READERS
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    os.fsync = lambda file: None  # nothing here has to outlive a power failure
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        case = Case(**json.loads(line))
        reader = readers[case.reader]
        folder = Path(case.folder) if case.folder else base / case.reader / f"case {case.seed}"
        if not case.folder:
            _damaged(reader, _made(reader, base / case.reader), folder, Random(f"{case.reader} {case.seed}"))
        result = _measured(reader, folder)
        answers.write(f"{json.dumps(asdict(result))}\n")


def _made(reader: Reader, folder: Path) -> Path:
    good = folder / "good"
    if not good.exists():
        unfinished = folder / f"{os.getpid()}" / "good"
        unfinished.mkdir(parents=True)
        reader.make(unfinished)
        _ask(reader, unfinished)
        unfinished.rename(good)
    return good


def _damaged(reader: Reader, good: Path, folder: Path, rng: Random) -> None:
    """Copy a dataset and mutate one file of it; mostly the sums that vouch for the file are made to fit."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(good, folder, copy_function=os.link)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in reader.spared]
    path = rng.choice(files)
    data = path.read_bytes()
    path.unlink()  # it is the same file as the good one
    path.write_bytes(mutated(path.name, data, rng))
    if rng.random() < 0.75:
        with contextlib.suppress(Exception):  # it may be beyond mending
            reader.mend(folder)


def _measured(reader: Reader, folder: Path) -> Result:
    """Read a dataset with the limits in place."""
    held = _peak(reset=True)
    _limit_memory()
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    start = time.perf_counter()
    outcome, message = _ask(reader, folder)
    ms = (time.perf_counter() - start) * 1e3
    signal.setitimer(signal.ITIMER_PROF, 0)
    mb = _peak() - held
    if mb > MOST_MB:
        outcome, message = "memory", f"grew by {mb:.0f} MB; {outcome}: {message}"
    return Result(outcome, message, round(ms, 2), round(mb, 1))


def _ask(reader: Reader, folder: Path) -> tuple[str, str]:
    try:
        reader.read(folder)
    except ArvdError as error:
        message = str(error)
        fault = _fault(message, folder)
        return (f"message {fault}" if fault else "refused"), message
    except Exception as error:
        import traceback

        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        return type(error).__name__, f"{error!s:.300} ({where})"
    return "read", ""


def _fault(message: str, folder: Path) -> str:
    """What keeps a message from being one sentence that names what it is about; empty where nothing does."""
    if len(message.replace(str(folder), "")) > MOST_WORDS:
        return "is too long"
    if not message.isprintable():
        return "holds what cannot be printed"
    names = {part for path in folder.rglob("*") for part in (path.name, path.stem)} | {str(folder)}
    return "" if any(name in message for name in names) else "names nothing"


def _limit_memory() -> None:
    held = int(re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())[1]) << 10  # type: ignore[index]
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (held + _MEMORY, hard))


def _peak(reset: bool = False) -> float:
    """Most MB that the process held since the last reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
