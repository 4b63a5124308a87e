"""What decides whether the same work gives the same bytes on two machines."""

import contextlib
import dataclasses
import functools
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_UNITS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "avx512_bf16",
    "amx_bf16",
    "amx_int8",
    "asimddp",
    "i8mm",
    "bf16",
)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Class of a machine: frames made from the same state and actions are equal to the bit within one class.

    Sums are taken in another order by another library, with other vector units or split over other threads.
    """

    device: str
    """`cpu`, or the name of the GPU."""
    processor: str
    """Architecture, and the instructions that kernels are chosen by."""
    threads: int
    """That a matrix product is split over."""
    torch: str
    """Version and build; where ONNX Runtime computes, the version of that, with its name."""

    def __post_init__(self) -> None:
        for value in (self.device, self.processor, self.torch):
            if len(value) > 200 or not value.isprintable():
                raise ValueError(f"{value[:40]!r} describes no machine")
        if not 1 <= self.threads <= 1 << 16:
            raise ValueError(f"{self.threads} threads describe no machine")


def this_machine(device: str) -> Machine:
    """Return the class of this machine where the world runs on `device` (`cpu` or `cuda`); imports torch."""
    import torch

    units = {
        "avx512_bf16": torch.cpu._is_avx512_bf16_supported(),
        "vnni": torch.cpu._is_vnni_supported(),
        "amx": torch.cpu._is_amx_tile_supported(),
    }
    words = (
        platform.machine(),
        torch.backends.cpu.get_cpu_capability(),
        *(name for name, here in units.items() if here),
    )
    return Machine(
        device=torch.cuda.get_device_name() if device == "cuda" else device,
        processor=" ".join(words),
        threads=torch.get_num_threads(),
        torch=str(torch.__version__),
    )


def wait_calmly() -> None:
    """Let threads that wait for each other sleep rather soon; has to be called before torch is imported.

    By default they spin for milliseconds, so that on a machine that does something else besides, a product over all
    cores takes many times as long: each waits for the one that another program has put off. A thirtieth of that costs a
    few per cent where nothing else runs (measured on two cores), and nearly halves a frame's time where much does.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")


def use_threads(count: int) -> None:
    """Compute with `count` threads from now on in the thread that calls; below 0: with so many less than cores.

    Never with more than cores: threads that take turns wait for each other at every product. Imports torch.
    """
    import torch

    most = most_threads()
    torch.set_num_threads(max(1, min(most, count if count > 0 else most + count)))


@contextlib.contextmanager
def computing_with(count: int) -> Iterator[None]:
    """Compute with `count` threads within the block, in the thread that calls. Imports torch."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@functools.cache
def most_threads() -> int:
    """Count the threads that torch computes with unless told otherwise."""
    import torch

    return torch.get_num_threads()  # one for each core, until somebody says otherwise


def machine_of_onnx(device: str, *, threads: int) -> Machine:
    """Return the class of this machine where ONNX Runtime computes on `device` with so many threads; without torch."""
    import onnxruntime  # by this name whichever package it came in

    return Machine(
        device=device,
        processor=" ".join((platform.machine(), *_instructions())),
        threads=threads,
        torch=f"onnxruntime {onnxruntime.__version__}",
    )


def count_threads(asked: int | None) -> int:
    """Return how many threads to compute with, as `use_threads` counts; all cores for None. Without torch."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if asked is None:
        return cores
    return max(1, min(cores, asked if asked > 0 else cores + asked))


def numbers_of_threads() -> list[int]:
    """Return with how many threads a world may be worth computing here: one, all but one, all. Imports torch."""
    most = most_threads()
    return sorted({1, max(1, most - 1), most})


def processor_model() -> str:
    """Return all that the system tells of the processor: code that was compiled for it may run on no other."""
    told = " ".join((*_cpuinfo("model name", "CPU part"), *_cpuinfo("flags", "Features")))
    return told or platform.processor()


def _instructions() -> list[str]:
    """Instructions that kernels are chosen by, where the system tells them."""
    flags = _cpuinfo("flags", "Features")
    return [name for name in _UNITS if name in flags]


def _cpuinfo(*keys: str) -> list[str]:
    """Words of the first line of one of these keys; none where the system tells nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    return next((line.split(":", 1)[1].split() for line in lines if line.startswith(keys)), [])


def differences(then: Machine, now: Machine) -> list[str]:
    """Say how `now` differs from `then`, such as `torch 2.12.0 then, 2.13.0 now`; empty within one class."""
    pairs = zip(dataclasses.fields(Machine), dataclasses.astuple(then), dataclasses.astuple(now), strict=True)
    return [f"{field.name} {old} then, {new} now" for field, old, new in pairs if old != new]
