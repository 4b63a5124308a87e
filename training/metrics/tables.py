"""The measures as tables for a terminal."""

import sys
from math import isnan
from typing import Any

from rich.console import Console
from rich.table import Table

from .control import FRAMES, Control, Share
from .drift import NUMBERS, SCRIPT, Drift, drop, last_to_first
from .quality import MOVING_LEVELS, Quality

_PIPE_WIDTH = 160  # columns where there is no terminal to ask


class TableConsole(Console):
    """A console that also keeps what it prints, so that a report can show the same tables."""

    def __init__(self, **options: Any) -> None:
        """Take the options of a rich console."""
        super().__init__(**options)
        self.shown: list[Table | str] = []

    def print(self, *objects: Any, **options: Any) -> None:
        """Print, and keep tables and sentences."""
        self.shown += [entry for entry in objects if isinstance(entry, Table | str)]
        super().print(*objects, **options)


def open_console(*, stderr: bool = False) -> TableConsole:
    """Console for the tables; stdout, or stderr when stdout is to carry JSON alone."""
    stream = sys.stderr if stderr else sys.stdout
    return TableConsole(stderr=stderr, width=None if stream.isatty() else _PIPE_WIDTH)


def print_quality(console: Console, result: Quality) -> None:
    """One-frame gain, then the horizons."""
    one = result.one_frame
    table = build_table(
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
    table = build_table(
        f"{result.rollouts} rollouts with the real actions (PSNR dB / SSIM)",
        ("frames ahead", "generated", "95 % interval", "repeat last", "autoencoder", "sharpness / real"),
    )
    for row in result.horizons:
        (psnr_low, psnr_high), (ssim_low, ssim_high) = row.intervals["psnr_generated"], row.intervals["ssim_generated"]
        table.add_row(
            str(row.frames_ahead),
            f"{row.psnr_generated:.2f} / {row.ssim_generated:.3f}",
            f"{psnr_low:.2f} .. {psnr_high:.2f} / {ssim_low:.3f} .. {ssim_high:.3f}",
            f"{row.psnr_repeat:.2f} / {row.ssim_repeat:.3f}",
            f"{row.psnr_ceiling:.2f} / {row.ssim_ceiling:.3f}",
            f"{row.sharpness_ratio:.2f}",
        )
    console.print(table)


def print_control(console: Console, result: Control) -> None:
    """Share of scenes that moved the right way, beside real footage."""
    table = build_table(
        f"Forced actions over {FRAMES} frames: scenes whose picture moves the right way (chance: 50 %)",
        ("action", "generated", "95 %", "real footage", "95 %", "motion", "real", "sharpness / start"),
    )
    for name, row in result.forces.items():
        table.add_row(
            name, *share_cells(row.generated), *share_cells(row.real),
            _signed(row.motion_generated), _signed(row.motion_real), f"{row.sharpness_ratio:.2f}",
        )  # fmt: skip
    table.add_section()
    for name, group in result.groups.items():
        table.add_row(f"{name}, both ways", *share_cells(group.generated), *share_cells(group.real), "", "", "")
    console.print(table)
    console.print(
        "motion: median over scenes, pixels sideways (turns) or sum of expansion rates (walking)\n"
        "both ways: from one start, where a world that ignores its actions gets 0 %; of real footage, either way",
        style="dim",
    )


def print_drift(console: Console, result: Drift) -> None:
    """Each window, mean over scenes, then the drops: mean with interval, of real footage, of each scene."""
    windows = result.windows()
    table = build_table(
        f"Mixed play over {len(windows) * len(SCRIPT):,} frames, mean of {len(result.scenes)} scenes",
        ("frames", *NUMBERS),
    )
    for k, window in enumerate(windows):
        span = f"{k * len(SCRIPT) + 1:,} - {(k + 1) * len(SCRIPT):,}"
        table.add_row(span, *(f"{window[name].value:.2f}" for name in NUMBERS))
    table.add_section()
    table.add_row("last / first", *(found.text() for found in result.mean(last_to_first).values()))
    console.print(table)
    table = build_table("Drop from the best to the worst tenth (0 = none)", ("", *NUMBERS))
    table.add_row("mean of scenes", *(found.text() for found in result.mean(drop).values()))
    if result.real:
        table.add_row("real footage", *(found.text() for found in result.mean_real(drop).values()))
    table.add_section()
    for scene, played in result.scenes.items():
        table.add_row(scene, *(f"{value:.2f}" for value in drop(played).values()))
    console.print(table)
    console.print("motion: mean length of the optical flow over 4 frames, pixels", style="dim")


def _signed(value: float) -> str:
    return "-" if isnan(value) else f"{value:+.2f}"


def share_cells(share: Share) -> tuple[str, str]:
    """Share with its counts, and its interval."""
    if isnan(share.share):
        return "none", "-"
    low, high = share.interval
    return f"{share.share:.1%} ({share.right}/{share.count})", f"{low:.0%}-{high:.0%}"


def build_table(title: str, columns: tuple[str, ...]) -> Table:
    """An empty table whose first column names the rows."""
    table = Table(title=title, title_justify="left")
    for k, column in enumerate(columns):
        table.add_column(column, justify="left" if k == 0 else "right")
    return table
