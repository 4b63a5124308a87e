"""Memory of this process and what is free of the machine's, in MB (2**20 bytes)."""

import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from model.room import memory_of_machine


@dataclass(frozen=True)
class Footprint:
    """Memory of this process; None where nothing tells."""

    rss_mb: float | None
    """Resident now."""
    rss_peak_mb: float | None
    """Most that ever was resident, loading included."""
    vram_mb: float | None
    """Of the GPU, held by torch now; None on a CPU."""
    vram_peak_mb: float | None
    """Most that torch ever held."""


def measure_footprint(device: torch.device) -> Footprint:
    """Memory of this process as it is now."""
    peak = _status("VmHWM")
    if peak is None and sys.platform == "darwin":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    if device.type == "cpu":
        return Footprint(resident_mb(), peak, None, None)
    now, most = torch.cuda.memory_reserved(device), torch.cuda.max_memory_reserved(device)
    return Footprint(resident_mb(), peak, now / 2**20, most / 2**20)


def resident_mb() -> float | None:
    """Resident memory of this process right now."""
    return _status("VmRSS")


def free_mb(device: torch.device) -> float | None:
    """Memory that can still be had: the GPU's, or the machine's."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] / 2**20
    found = _kilobytes(Path("/proc/meminfo"), "MemAvailable")
    if found is not None:
        return found / 2**10
    whole = memory_of_machine()
    return None if whole is None else whole / 2**21  # half of all there is: a safe guess


def _status(name: str) -> float | None:
    found = _kilobytes(Path("/proc/self/status"), name)
    return None if found is None else found / 2**10


def _kilobytes(path: Path, name: str) -> int | None:
    """Value of a line such as `VmRSS:   1234 kB` of one of Linux's own files; None where there is none."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), None)
