"""Time of handing one frame to the graphics driver as a texture.

The player does so plainly. By way of a pixel buffer the processor makes as many copies, for moderngl writes one out of
memory of ours, and a processor that draws takes a tenth longer. What it may spare the driver of a GPU is to put the
bytes into a texture's own order, so it is measured beside.
"""

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_REPEATS = 200


@dataclass(frozen=True)
class Upload:
    """Median milliseconds until a frame is there, or why they could not be measured."""

    milliseconds: float | None
    buffered: float | None
    """By way of a pixel buffer."""
    renderer: str


def measure_upload(height: int, width: int) -> Upload:
    """Upload frames (height, width, 3) to a texture of a windowless EGL context."""
    try:
        moderngl = importlib.import_module("moderngl")
        context = moderngl.create_context(standalone=True, backend="egl")
    except Exception as error:  # moderngl raises bare Exception and driver loaders their own kinds
        return Upload(None, None, f"unavailable: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
    try:
        texture = context.texture((width, height), 3, alignment=1)
        frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        buffer = context.buffer(reserve=frame.nbytes, dynamic=True)

        def by_buffer() -> None:
            buffer.orphan()
            buffer.write(frame)
            texture.write(buffer)

        times = (_milliseconds(upload, context.finish) for upload in (lambda: texture.write(frame), by_buffer))
        return Upload(*times, str(context.info["GL_RENDERER"]))
    finally:
        context.release()


def _milliseconds(upload: Callable[[], None], finish: Callable[[], None]) -> float:
    times = []
    for _ in range(_REPEATS):
        before = time.perf_counter()
        upload()
        finish()
        times.append((time.perf_counter() - before) * 1000)
    return float(np.median(times))
