"""`arvd-play --doctor`: what will run how fast on this machine, why, and what to do where it falls short.

Each check stands alone and returns findings; one that breaks is itself a finding.
"""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from model.errors import ArvdError
from model.world_spec import bundled_worlds, find_world

from .finding import Check, Finding
from .record_options import default_folder
from .screen import Screen
from .settings import asides_of, read_settings, settings_path
from .surroundings import Surroundings

_SMOOTH_RATE = 50  # pictures a second; below that each is seen by itself
_ENOUGH_MEMORY_GB, _ENOUGH_DISK_GB = 1.5, 2.0
_FOREIGN_PACKAGES = {"pygame": "pygame-ce", "onnxruntime": "onnxruntime-gpu"}  # each pair shares one import name


def run_doctor(world: str | None = None, say: Callable[[str], None] = print, checks: Sequence[Check] = ()) -> int:
    """Carry out the checks and print what they find; returns 0, or 1 when something keeps worlds from being played.

    Left out, these are all there are; of worlds the one is measured that is named, or those that come with arvd.

    Raises:
        WorldError: no world of that name.
    """
    problems = 0
    for check in checks or checks_with(bundled_worlds().values() if world is None else (find_world(world),)):
        for finding in _findings(check):
            mark = {"fine": " ", "note": "-", "problem": "!"}[finding.status]
            say(f"{mark} {finding.area:<9} {finding.fact}")
            if finding.remedy:
                say(f"  {'':<9} -> {finding.remedy}")
            problems += finding.status == "problem"
    say("" if not problems else f"\n{problems} problem{'s' * (problems > 1)}")
    return 1 if problems else 0


def _findings(check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # a doctor who faints helps nobody
        named = check.func if isinstance(check, partial) else check
        name = getattr(named, "__name__", "check").removeprefix("check_")
        what = " ".join(str(error).split()) or type(error).__name__
        yield Finding(name, "problem", f"could not be looked at ({what})", "set ARVD_TRACEBACK=1 and play to see more")


def check_machine() -> Iterator[Finding]:
    """Python, cores, memory."""
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    words = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {cores} cores"
    few = "" if cores > 1 else "one core generates and draws by turns: expect half the frames"
    yield Finding("machine", "note" if few else "fine", words, few)
    memory = _free_memory_gb()
    if memory is not None:
        short = memory < _ENOUGH_MEMORY_GB
        yield Finding(
            "memory",
            "problem" if short else "fine",
            f"{memory:.1f} GB free",
            f"close other programs: a world takes about {_ENOUGH_MEMORY_GB / 2:.1f} GB" if short else "",
        )


def check_torch() -> Iterator[Finding]:
    """Torch build and what it sees of processor and GPU."""
    if find_spec("torch") is None:
        runtime = _version("onnxruntime") or _version("onnxruntime-gpu")
        yield Finding("torch", "fine", f"not installed; worlds are computed by ONNX Runtime {runtime}")
        return
    import torch

    from model.runtime import has_fast_bfloat16

    threads = torch.get_num_threads()
    yield Finding("torch", "fine", f"{torch.__version__}, {threads} threads, {torch.backends.cpu.get_cpu_capability()}")
    cpu = torch.device("cpu")
    if has_fast_bfloat16(cpu):
        yield Finding("processor", "fine", "multiplies bf16 sooner than fp32: worlds run in it")
    else:
        yield Finding(
            "processor",
            "note",
            "computes no sooner in bf16: worlds run in fp32",
            "arvd-play --tune measures whether eight bits (onnx-int8) are sooner here",
        )
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        name = _nvidia_driver() or torch.cuda.get_device_name()
        yield Finding("GPU", "fine", f"{name}, {free / 2**30:.1f} of {total / 2**30:.1f} GB free")
    else:
        yield _gpu_that_torch_misses()


def _gpu_that_torch_misses() -> Finding:
    """Say why no GPU is used: there is none, its driver is missing, or torch was built without CUDA."""
    import torch

    driver = _nvidia_driver()
    if driver is None:
        return Finding("GPU", "fine", "none with an NVIDIA driver; worlds run on the processor")
    if torch.version.cuda is None:
        return Finding(
            "GPU",
            "note",
            f"{driver}, but this torch was built without CUDA",
            "install a CUDA build of torch (pytorch.org, Get Started) into this environment",
        )
    return Finding(
        "GPU",
        "note",
        f"{driver}, but torch (CUDA {torch.version.cuda}) cannot use it",
        "update the NVIDIA driver, or install a torch built for an older CUDA",
    )


def check_window(around: Surroundings) -> Iterator[Finding]:
    """OpenGL, and the display that pictures are shown on."""
    sight = around.window
    if isinstance(sight, ArvdError):
        yield Finding("window", "problem", str(sight).partition(";")[0], "play in a window needs a display with OpenGL")
        return
    if sight.on_processor:
        yield Finding(
            "window",
            "note",
            f"OpenGL {sight.version} drawn by the processor ({sight.renderer})",
            "install the graphics card's driver; until then a smaller window leaves more time for the world",
        )
    else:
        yield Finding("window", "fine", f"OpenGL {sight.version} by {sight.renderer}")
    yield from _shown(sight.screen, around.settings.picture.vsync)


def _shown(screen: Screen, vsync: bool) -> Iterator[Finding]:
    """How often the display shows a picture, and whether one waits for its turn."""
    slow = screen.rate < _SMOOTH_RATE
    remedy = "choose a faster mode in the system's settings of the display: turning looks smoother then" if slow else ""
    yield Finding("display", "note" if slow else "fine", f"shows {screen.rate:g} pictures a second", remedy)
    if screen.waits:
        yield Finding("vsync", "fine", "pictures wait for the display")
    elif vsync:
        fact = "pictures do not wait for the display, although the settings ask for it: they may tear"
        yield Finding(
            "vsync", "note", fact, "use the graphics driver of the card's maker, with vsync switched on in its settings"
        )
    else:
        fact = "pictures do not wait for the display, as the settings ask for: they may tear"
        yield Finding("vsync", "note", fact, 'switch on "Wait for the screen" (Settings, Picture)')


def check_world(folder: Path, around: Surroundings) -> Iterator[Finding]:
    """Frames per second that the window will get of a world."""
    from .expected import expect  # and with it all that plays, which may be what is broken here

    yield from expect(folder, around)


def check_files() -> Iterator[Finding]:
    """Settings, and room for recordings."""
    yield from _settings(settings_path())
    folder = default_folder()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free / 2**30
    remedy = "make room before recording, or choose another folder with --record" if free < _ENOUGH_DISK_GB else ""
    yield Finding("disk", "note" if remedy else "fine", f"{free:.1f} GB free for recordings in {folder}", remedy)


def _settings(path: Path) -> Iterator[Finding]:
    """What is wrong with the settings; they are only looked at."""
    loaded, asides = read_settings(path), asides_of(path)
    remedies = {
        "": f"mend or delete it in {path}",
        "no TOML": f"mend it; the next play sets it aside ({asides[0].name}, or that with a number) for defaults",
        "unreadable": "make it a file that you may read; until then worlds are played with defaults",
    }
    if not loaded.flaw:
        yield Finding("settings", "fine", f"{path}{'' if path.exists() else ' (not there: defaults)'}")
    for note in loaded.notes:
        yield Finding("settings", "note", note, remedies[loaded.flaw])
    for before in map(read_settings, asides):
        for note in before.notes if before.flaw == "no TOML" else ():
            remedy = f"mend it and put it in the place of {path.name}, or delete it"
            yield Finding("settings", "note", f"{note}; it was set aside before", remedy)


def check_packages() -> Iterator[Finding]:
    """Packages that overwrite each other."""
    for one, other in _FOREIGN_PACKAGES.items():
        if _version(one) and _version(other):
            yield Finding(
                "packages",
                "problem",
                f"{one} and {other} are both installed and overwrite each other",
                f"pip uninstall {one} {other}, then install one of them",
            )


def _free_memory_gb() -> float | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return int(fields["MemAvailable"].split()[0]) / 2**20 if "MemAvailable" in fields else None


def _nvidia_driver() -> str | None:
    """Name of the GPU and its driver, as the driver's own tool gives them."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    query = [tool, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return ", driver ".join(part.strip() for part in told.splitlines()[0].split(",")) if told.strip() else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def checks_with(worlds: Iterable[Path]) -> tuple[Check, ...]:
    """Return all checks, with one of each of those worlds."""
    around = Surroundings()
    measured = (partial(check_world, folder, around) for folder in worlds)
    return check_machine, check_torch, partial(check_window, around), *measured, check_files, check_packages
