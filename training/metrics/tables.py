"""The measures as tables for a terminal."""

import sys
from math import isnan

from rich.console import Console
from rich.table import Table

from .control import FRAMES, GROUPS, Control, Share
from .drift import SCRIPT, Drift
from .intervals import wilson_interval
from .quality import MOVING_LEVELS, Quality
from .speed import Speed

_PIPE_WIDTH = 140  # columns where there is no terminal to ask


def open_console(*, stderr: bool = False) -> Console:
    """Console for the tables; stdout, or stderr when stdout is to carry JSON alone."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _PIPE_WIDTH)


def print_quality(console: Console, result: Quality) -> None:
    """One-frame gain, then the horizons."""
    one = result.one_frame
    table = _table(
        f"One frame ahead, {one.moving} moving frames of {one.frames} "
        f"({one.moving_share:.0%} differ from the frame before by more than {MOVING_LEVELS:g}/255)",
        (
            "",
            "generated",
            "repeat last",
            "autoencoder",
            "gain over repeat",
            "95 % interval",
            "gain, all frames",
        ),
    )
    low, high = one.gain_interval
    table.add_row(
        "PSNR dB", f"{one.generated:.2f}", f"{one.repeat:.2f}", f"{one.ceiling:.2f}", f"{one.gain:+.2f}",
        f"{low:+.2f} .. {high:+.2f}", f"{one.all_frames_gain:+.2f}",
    )  # fmt: skip
    console.print(table)
    table = _table(
        f"{result.rollouts} rollouts with the real actions (PSNR dB / SSIM)",
        ("frames ahead", "generated", "repeat last", "autoencoder", "sharpness / real"),
    )
    for row in result.horizons:
        table.add_row(
            str(row.frames_ahead),
            f"{row.psnr_generated:.2f} / {row.ssim_generated:.3f}",
            f"{row.psnr_repeat:.2f} / {row.ssim_repeat:.3f}",
            f"{row.psnr_ceiling:.2f} / {row.ssim_ceiling:.3f}",
            f"{row.sharpness_ratio:.2f}",
        )
    console.print(table)


def print_control(console: Console, result: Control) -> None:
    """Share of scenes that moved the right way, beside real footage."""
    table = _table(
        f"Forced actions over {FRAMES} frames: scenes whose picture moves the right way (chance: 50 %)",
        ("action", "generated", "95 %", "real footage", "95 %", "motion", "real", "sharpness / start"),
    )
    for name, row in result.forces.items():
        table.add_row(
            name, *_share(row.generated), *_share(row.real),
            _signed(row.motion_generated), _signed(row.motion_real), f"{row.sharpness_ratio:.2f}",
        )  # fmt: skip
    table.add_section()
    for name in GROUPS:
        generated, real = result.group(name)
        table.add_row(name, *_share(generated), *_share(real), "", "", "")
    console.print(table)
    console.print(
        "motion: median over scenes, pixels sideways (turns) or sum of expansion rates (walking)", style="dim"
    )


def print_drift(console: Console, result: Drift) -> None:
    """Look of each window, mean over scenes, and each scene's worst ratio."""
    table = _table(
        f"Mixed play, windows of {len(SCRIPT)} frames, mean of {len(result.scenes)} scenes",
        ("window", "sharpness", "red", "green", "blue", "contrast"),
    )
    for k, entry in enumerate(result.windows):
        values = (entry.sharpness, entry.red, entry.green, entry.blue, entry.contrast)
        table.add_row(str(k + 1), *(f"{value:.2f}" for value in values))
    table.add_section()
    table.add_row("last / first", *(f"{value:.2f}" for value in result.last_to_first().values()))
    table.add_row("best / worst", *(f"{value:.2f}" for value in result.spread().values()))
    for scene in result.scenes:
        table.add_row(f"best / worst, {scene}", *(f"{value:.2f}" for value in result.spread(scene).values()))
    console.print(table)


def print_speed(console: Console, *results: Speed) -> None:
    """One column per result, stages as rows."""
    first = results[0]
    rates = ", ".join(f"{rate:.0f} GFLOP/s {dtype}" for dtype, rate in first.rate_gflops.items())
    table = _table(
        f"{first.world}, {first.runtime} on {first.device}, {first.frames} frames; large product: {rates}",
        ("ms", *(f"{row.steps} step{'s' * (row.steps > 1)}" for row in results)),
    )
    for stage in dict.fromkeys(name for row in reversed(results) for name in row.stage_ms):
        shown = [f"{row.stage_ms[stage]:.2f}" if stage in row.stage_ms else "-" for row in results]
        table.add_row(stage + (" (once a session)" if stage == "encode" else ""), *shown)
    table.add_section()
    for key in first.frame_ms:
        table.add_row(f"frame {key}", *(f"{row.frame_ms[key]:.2f}" for row in results))
    table.add_row("limit: the products alone", *(f"{row.limit_ms:.2f}" for row in results))
    table.add_section()
    table.add_row("frame p50 / limit", *(f"{row.ratio_to_limit:.1f}" for row in results))
    table.add_row("GFLOP of a frame", *(f"{sum(row.gflops.values()):.2f}" for row in results))
    table.add_row("FPS", *(f"{row.fps:.1f}" for row in results))
    console.print(table)


def _signed(value: float) -> str:
    return "-" if isnan(value) else f"{value:+.2f}"


def _share(share: Share) -> tuple[str, str]:
    if isnan(share.share):
        return "none", "-"
    low, high = wilson_interval(share.right, share.count)
    return f"{share.share:.1%} ({share.right}/{share.count})", f"{low:.0%}-{high:.0%}"


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for k, column in enumerate(columns):
        table.add_column(column, justify="left" if k == 0 else "right")
    return table
