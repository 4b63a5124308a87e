"""Open a world by any runtime there is: torch's, or ONNX Runtime's, for which torch need not be installed."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Union

from .errors import WorldError
from .runtimes.names import ONNX_RUNTIMES, RUNTIMES
from .runtimes.tuned import paying_threads, settle_threads, tuning_of
from .world_spec import find_world, world_hash

if TYPE_CHECKING:
    from .onnx.world import OnnxWorld
    from .world import World


def open_world(
    name: str,
    *,
    device: str = "auto",
    runtime: str = "auto",
    threads: int | None = None,
    pace: float | None = None,
    window: int | None = None,
) -> Union["World", "OnnxWorld"]:
    """Load a world by bundled name or folder, for the thread that calls.

    `auto` is the fastest runtime that is remembered of this world on this machine (`runtimes.tuning`), else what of
    torch needs no compiler (`runtime.choose_runtime`), else ONNX Runtime. `threads` counts as
    `model.machine.count_threads` does; left out, as many as were found to pay, at a `pace` in frames a second as few as
    keep it. `window` shortens the context, see `load_world`.

    Raises:
        WorldError: unknown world, damaged files, a runtime, device or window that is not there.
    """
    if runtime == "auto":
        runtime = _best(name, device, threads, pace) if window is None else _plain()
    if runtime in ONNX_RUNTIMES:
        from .onnx.world import load_onnx_world

        if window is not None:
            raise WorldError("ONNX graphs hold one length of memory; leave the window out, or use runtime eager")
        count = paying_threads(world_hash(find_world(name)), runtime, asked=threads, pace=pace)
        return load_onnx_world(name, runtime=runtime, device=device, threads=count)
    if not _has_torch():
        raise WorldError(f'runtime {runtime} needs torch; pip install "arvd[torch]", or use --runtime onnx')
    from .world import load_world

    world = load_world(name, device=device, runtime=runtime, window=window)
    settle_threads(world.hash, world.runtime, asked=threads, pace=pace)
    return world


def _best(name: str, device: str, threads: int | None, pace: float | None) -> str:
    """Return what `auto` stands for; `auto` itself where torch decides."""
    known_as = world_hash(find_world(name))
    tuning = tuning_of(known_as)
    if not _has_torch():
        best = None if tuning is None else tuning.best(ONNX_RUNTIMES, asked=threads, pace=pace)
        return ONNX_RUNTIMES[0] if best is None else best.runtime
    best = None
    if tuning is not None and not _plays_on_gpu(device):
        best = tuning.best((*RUNTIMES, *ONNX_RUNTIMES), asked=threads, pace=pace)
    if best is None:
        return "auto"
    from .runtime import is_ready

    return best.runtime if best.runtime in ONNX_RUNTIMES or is_ready(best.runtime, known_as) else "auto"


def _plain() -> str:
    """Return what needs no looking up."""
    return "auto" if _has_torch() else ONNX_RUNTIMES[0]


def _has_torch() -> bool:
    return find_spec("torch") is not None


def _plays_on_gpu(device: str) -> bool:
    import torch

    return device != "cpu" and torch.cuda.is_available()
