"""Energy of a stretch of work, where the machine tells: processor packages by RAPL, the GPU by its driver."""

import shutil
import subprocess
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import torch

POWERCAP = Path("/sys/class/powercap")
"""Where Linux shows the energy counters of the processor."""

_EVERY_MS = 100  # between two readings of the GPU's power


@dataclass(frozen=True)
class Energy:
    """Joules, None where nothing tells, and then why."""

    processor_joules: float | None
    """All processor packages of the machine, whoever loaded them."""
    gpu_joules: float | None
    """The GPU's board: its mean power times the seconds."""
    missing: dict[str, str]
    """Why a number is None, by `processor` or `gpu`."""

    def per_frame(self, frames: int) -> "Energy":
        """Return the share of one of that many frames."""
        of_processor, of_gpu = (
            None if joules is None else joules / frames for joules in (self.processor_joules, self.gpu_joules)
        )
        return Energy(of_processor, of_gpu, self.missing)


class EnergyMeter(AbstractContextManager["EnergyMeter"]):
    """Measures what is done inside.

    Example:
        with EnergyMeter(torch.device("cpu")) as meter:
            work()
        meter.energy.processor_joules
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._missing: dict[str, str] = {}
        self._before: dict[Path, int] = {}
        self._started = 0.0
        self._watch: subprocess.Popen[str] | None = None
        self.energy = Energy(None, None, {})
        """What was measured, once done."""

    def __enter__(self) -> "EnergyMeter":
        """Begin."""
        self._missing = {}
        self._watch = self._watch_gpu()
        self._before = self._counters()
        self._started = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        seconds = time.perf_counter() - self._started
        after = self._counters() if self._before else {}
        processor = None
        if after.keys() == self._before.keys() and after:
            processor = sum(_climb(zone, self._before[zone], count) for zone, count in after.items()) / 1e6
        self.energy = Energy(processor, self._gpu_joules(seconds), self._missing)

    def _counters(self) -> dict[Path, int]:
        """Microjoules by package."""
        try:
            zones = [zone for zone in sorted(POWERCAP.glob("*rapl:*")) if _is_package(zone)]
            found = {zone: int((zone / "energy_uj").read_text()) for zone in zones}
        except PermissionError:
            self._missing["processor"] = "the processor's energy counters are readable by root alone"
            return {}
        except (OSError, ValueError):
            found = {}
        if not found:
            self._missing["processor"] = "this machine shows no energy counters of the processor"
        return found

    def _watch_gpu(self) -> "subprocess.Popen[str] | None":
        """Let the driver's own tool note the power until it is stopped."""
        tool = shutil.which("nvidia-smi")
        if self._device.type != "cuda" or tool is None:
            self._missing["gpu"] = "the world runs on the CPU" if self._device.type != "cuda" else "no nvidia-smi here"
            return None
        number = f"GPU-{torch.cuda.get_device_properties(self._device).uuid}"
        asked = ["--query-gpu=power.draw", "--format=csv,noheader,nounits", f"--loop-ms={_EVERY_MS}", f"--id={number}"]
        return subprocess.Popen([tool, *asked], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def _gpu_joules(self, seconds: float) -> float | None:
        if self._watch is None:
            return None
        self._watch.terminate()
        readings = mean_watts(self._watch.communicate()[0])
        if readings is None:
            self._missing["gpu"] = "the driver does not tell the GPU's power"
            return None
        return readings * seconds


def mean_watts(text: str) -> float | None:
    """Mean of the readings, one per line, that are numbers; None if none is."""
    watts = []
    for line in text.splitlines():
        try:
            watts.append(float(line))
        except ValueError:
            continue  # such as [N/A], or the line at which the tool was stopped
    return sum(watts) / len(watts) if watts else None


def _is_package(zone: Path) -> bool:
    """Whether a zone is a whole processor package; parts of packages and the whole board count again what it counts."""
    return zone.name.count(":") == 1 and (zone / "name").read_text().startswith("package")


def _climb(zone: Path, before: int, after: int) -> int:
    """Microjoules between two readings of a counter that starts again at 0 when it is full."""
    return after - before if after >= before else after - before + int((zone / "max_energy_range_uj").read_text())
