"""Speed and its growth as tables for a terminal."""

from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from .growth import SINK, WINDOW, Growth
from .speed import Speed
from .tables import build_table


def print_speed(console: Console, results: Sequence[Speed]) -> None:
    """One column per result, stages as rows."""
    first = results[0]
    rates = {name: rate for row in results for name, rate in row.limit.rate_gflops.items()}
    shown_rates = ", ".join(f"{rate:.0f} GFLOP/s {dtype}" for dtype, rate in rates.items())
    table = build_table(
        f"{first.world}, {first.frames} frames on {first.device}, {first.threads} thread{'s' * (first.threads > 1)}; "
        f"one large product: {shown_rates}",
        ("ms", *(f"{row.runtime}, {row.steps} step{'s' * (row.steps > 1)}" for row in results)),
    )

    def add(name: str, number: Callable[[Speed], float | None], decimals: int = 2) -> None:
        numbers = [number(row) for row in results]
        if any(value is not None for value in numbers):
            table.add_row(name, *("-" if value is None else f"{value:.{decimals}f}" for value in numbers))

    for stage in dict.fromkeys(name for row in reversed(results) for name in row.stage_ms):
        title = stage + (" (once a session)" if stage == "encode" else "")
        add(title, lambda row, stage=stage: row.stage_ms.get(stage))  # type: ignore[misc] # mypy takes no default
    table.add_section()
    for key in first.frame_ms:
        add(f"frame {key}", lambda row, key=key: row.frame_ms[key])  # type: ignore[misc] # as above
    for key in ("p50", "p99"):
        add(f"latency {key}", lambda row, key=key: row.latency_ms[key])  # type: ignore[misc] # as above
    add("limit: its products, each bare", lambda row: row.limit.limit_ms)
    add("peak: at the rate of one large product", lambda row: row.limit.peak_ms)
    table.add_section()
    add("frame mean / limit", lambda row: row.ratio_to_limit)
    add("frame mean / peak", lambda row: row.ratio_to_peak)
    add("GFLOP of a frame", lambda row: sum(row.limit.gflops.values()))
    add("FPS", lambda row: row.fps, 1)
    table.add_section()
    add("frames 50 - 150", lambda row: row.flatness.early_ms if row.flatness else None)
    add("last 100 frames", lambda row: row.flatness.late_ms if row.flatness else None)
    add("last / first", lambda row: row.flatness.ratio if row.flatness else None, 3)
    add("RSS after frame 150, MB", lambda row: row.flatness.early_rss_mb if row.flatness else None, 0)
    add("RSS at the end, MB", lambda row: row.memory.rss_mb, 0)
    add("RSS at its peak, MB", lambda row: row.memory.rss_peak_mb, 0)
    add("VRAM at the end, MB", lambda row: row.memory.vram_mb, 0)
    add("VRAM at its peak, MB", lambda row: row.memory.vram_peak_mb, 0)
    add("processor, J per frame", lambda row: row.energy.processor_joules)
    add("GPU, J per frame", lambda row: row.energy.gpu_joules)
    console.print(table)
    for name, why in first.energy.missing.items():
        if name == "processor" or first.device != "cpu":
            console.print(f"no energy of the {name}: {why}", style="dim")


def print_growth(console: Console, result: Growth) -> None:
    """One row per generator."""
    table = build_table(
        f"Transformers with random weights, {result.runtime} on {result.device}, {result.threads} "
        f"thread{'s' * (result.threads > 1)}, {result.steps} step{'s' * (result.steps > 1)}, "
        f"context of {SINK} + {WINDOW} frames",
        ("size", "parameters, M", "tokens", "GFLOP", "frame, ms", "limit, ms", "peak, ms", "frame / limit", "MB"),
    )
    for number, point in enumerate(result.points):
        if number and point.size != result.points[number - 1].size:
            table.add_section()
        table.add_row(
            point.size,
            f"{point.parameters / 1e6:.1f}",
            str(point.tokens),
            f"{point.gflop:.1f}",
            f"{point.ms:.1f}",
            f"{point.limit_ms:.1f}",
            f"{point.peak_ms:.1f}",
            f"{point.ratio_to_limit:.2f}",
            "-" if point.memory_mb is None else f"{point.memory_mb:.0f}",
        )
    console.print(table)
    print_left_out(console, result.left_out)


def print_left_out(console: Console, left_out: Mapping[str, str]) -> None:
    """What was not measured, and why."""
    for name, why in left_out.items():
        console.print(f"{name} left out: {why}", style="dim", soft_wrap=True)
