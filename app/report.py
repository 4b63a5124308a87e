"""`report.json`, and the facts about this process that stand in it."""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from model.files import finished_file

_IMPORTED = time.monotonic()
_BELIEVABLE_SECONDS = 3600.0  # a start further before our first import is a clock of another time namespace


def since_start_ms() -> float:
    """Milliseconds since this process was started, imports included.

    Where the system does not tell, counted from the import of this module.
    """
    since_import = time.monotonic() - _IMPORTED
    age = _process_age()
    if age is None or not since_import <= age <= since_import + _BELIEVABLE_SECONDS:
        age = since_import
    return 1000 * age


def peak_rss_mb() -> float | None:
    """Largest resident memory of this process so far in MB (2**20 bytes), None where no system call tells."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def resident_mb() -> float | None:
    """Resident memory of this process right now in MB (2**20 bytes), None where no file tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def video_mb() -> float | None:
    """Memory of the GPU that torch holds for this process in MB (2**20 bytes), None where torch runs on none."""
    torch = sys.modules.get("torch")  # where nothing has imported it, it holds nothing
    if torch is None or not torch.cuda.is_initialized():
        return None
    reserved: int = torch.cuda.memory_reserved()
    return round(reserved / 2**20, 1)


def write_report(path: Path, report: Mapping[str, object]) -> None:
    """Write the report as JSON; a reader sees the whole file or none."""
    with finished_file(path) as unfinished:
        unfinished.write_text(json.dumps(report, indent=2) + "\n")


def _process_age() -> float | None:
    if sys.platform != "linux":
        return None
    try:
        # The name in brackets may hold blanks; the 20th field after it is the start in ticks since boot.
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
