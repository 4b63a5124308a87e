"""The figures of a run in a window, for `report.json`."""

from .generation import Generator
from .headless import run_figures
from .options import Options
from .stats import ScreenStats
from .window import Window


def window_figures(
    options: Options, generator: Generator, stats: ScreenStats, window: Window
) -> dict[str, object] | None:
    """Return the figures, None if no world was loaded."""
    if generator.world is None or generator.startup_ms is None:
        return None
    return run_figures(options, generator.world, generator.session_steps, generator.stats) | {
        "startup_ms": round(generator.startup_ms, 1),
        "first_frame_ms": round(generator.first_frame_ms or 0.0, 1),
        "latency_ms": stats.latency.percentiles(50, 95),
        "camera_ms": stats.camera.percentiles(50, 95),
        "display_fps": round(stats.mean_rate(), 2),
        "display_ms": stats.drawn.percentiles(50, 95, 99),
        "gap_ms": stats.gaps.percentiles(50, 95, 99) | {"max": round(stats.gaps.largest, 3)},
        "dropped": generator.dropped,
        "late": generator.late,
        "window": list(window.size),
        "renderer": window.renderer,
    }
