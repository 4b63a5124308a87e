"""Time of handing one frame to the graphics driver as a texture."""

import importlib
import time
from dataclasses import dataclass

import numpy as np

_REPEATS = 200


@dataclass(frozen=True)
class Upload:
    """Median milliseconds, or why it could not be measured."""

    milliseconds: float | None
    renderer: str


def measure_upload(height: int, width: int) -> Upload:
    """Upload frames (height, width, 3) to a texture of a windowless EGL context."""
    try:
        moderngl = importlib.import_module("moderngl")
        context = moderngl.create_context(standalone=True, backend="egl")
    except Exception as error:  # moderngl raises bare Exception and driver loaders their own kinds
        return Upload(None, f"unavailable: {str(error).splitlines()[0] if str(error) else type(error).__name__}")
    try:
        texture = context.texture((width, height), 3, alignment=1)
        frame = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
        times = []
        for _ in range(_REPEATS):
            before = time.perf_counter()
            texture.write(frame)
            context.finish()
            times.append((time.perf_counter() - before) * 1000)
        return Upload(float(np.median(times)), str(context.info["GL_RENDERER"]))
    finally:
        context.release()
