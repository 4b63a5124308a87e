"""Runs many mutated datasets through readers, in a process that may die of them, and counts what became of each."""

import json
import re
import select
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .worker import Case, Result

READERS = "tests.fuzz.readers"
MOST_WAIT = 150.0
"""Seconds without an answer after which a process hangs; a busy one is ended by its own clock long before."""
_ROOT = Path(__file__).resolve().parents[2]
_BY_SIGNAL = {signal.SIGPROF: "hang", signal.SIGKILL: "hang"}


@dataclass
class Tally:
    """What became of the cases of one reader."""

    reader: str
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Messages of those that were refused, without names and numbers."""
    failures: list[str] = field(default_factory=list)
    worst_ms: float = 0.0
    peak_mb: float = 0.0
    """Most that one case added to the memory of the process."""

    def add(self, case: Case, result: Result) -> None:
        """Count one case."""
        self.outcomes[result.outcome] += 1
        self.worst_ms, self.peak_mb = max(self.worst_ms, result.ms), max(self.peak_mb, result.mb)
        if result.outcome == "refused":
            self.reasons[_reason(result.message)] += 1
        elif result.outcome != "read":
            self.failures.append(f"{case.reader} {case.seed}: {result.outcome}: {result.message[-400:]!r}")


class Fuzzer:
    """A worker process, started anew when it dies. A context manager."""

    def __init__(self, scratch: Path, keep: Path | None = None, module: str = READERS) -> None:
        """Work in `scratch`; datasets that make a reader fail are moved to `keep`."""
        self._scratch, self._keep, self._module = scratch, keep, module
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, reader: str, seeds: Iterable[int]) -> Tally:
        """Read one mutated dataset for every seed."""
        tally = Tally(reader)
        for seed in seeds:
            case = Case(reader, seed)
            result = self.ask(case)
            tally.add(case, result)
            folder = self._scratch / reader / f"case {seed}"
            if self._keep is not None and result.outcome not in ("read", "refused") and folder.is_dir():
                shutil.copytree(folder, self._keep / f"{reader}-{seed}", symlinks=True, dirs_exist_ok=True)
            for left in folder.parent.glob(f"{folder.name}*"):
                shutil.rmtree(left, ignore_errors=True)
        return tally

    def __enter__(self) -> "Fuzzer":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def ask(self, case: Case) -> Result:
        """Read one dataset."""
        process = self._started()
        assert process.stdin and process.stdout
        try:
            process.stdin.write(f"{json.dumps(asdict(case))}\n".encode())
            process.stdin.flush()
            ready, _, _ = select.select([process.stdout], [], [], MOST_WAIT)
            if ready and (line := process.stdout.readline()):
                return Result(**json.loads(line))
        except BrokenPipeError:
            pass
        status = self._end()
        return Result(_BY_SIGNAL.get(signal.Signals(-status), "crash") if status < 0 else "crash", f"status {status}")

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            command = [sys.executable, "-m", "tests.fuzz.worker", self._module, str(self._scratch)]
            errors = (self._scratch / "errors.txt").open("ab")
            with errors:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=_ROOT
                )
        return self._process

    def _end(self) -> int:
        """End the process, and return what it had ended with if it had."""
        if self._process is None:
            return 0
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._process.stdout.close()
        self._process = None
        return status


def _reason(message: str) -> str:
    """A message without what differs from file to file."""
    words = re.sub(r"'[^']*'|\"[^\"]*\"|\([^)]*\)", "_", message.partition(": ")[2] or message)
    return re.sub(r"[\d.,]+", "0", words)[:80]
