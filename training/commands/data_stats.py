"""`arvd-data stats PATH`: what footage holds, as tables, as numbers and as a picture."""

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from ..data.stats import Stats

_BAR = 32  # characters of the longest
_SHOWN = 12  # rows of a table that may have thousands


def add_to(verbs: Any) -> None:
    """Add the verb to a parser's sub-commands."""
    text = "say how much footage there is, how often each key is down, how the camera turns, and where it plays"
    command: argparse.ArgumentParser = verbs.add_parser("stats", help=text, description=f"{text[0].upper()}{text[1:]}.")
    command.add_argument("path", help="folder of footage in any of arvd's formats, or hf://datasets/organisation/name")
    command.add_argument("--json", type=Path, metavar="FILE", help="write all numbers to a file")
    command.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw frames of some clips with their actions")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; always 0."""
    from rich.console import Console

    from model.files import write_atomically

    from ..data.address import open_address
    from ..data.stats import measure_stats

    dataset = open_address(arguments.path)
    stats = measure_stats(dataset)
    if arguments.json is not None:
        write_atomically(arguments.json, f"{json.dumps(stats.document(), indent=2)}\n".encode())
    console = Console(markup=False, emoji=False, highlight=False)  # names of clips are not markup
    for table in _tables(arguments.path, stats):
        console.print(table)
    if arguments.sheet is not None:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # read when pygame is imported
        from ..data.contact_sheet import contact_sheet, sheet_rows
        from ..logs import Steps
        from ..metrics.sheets import write_sheet

        with Steps("sheet", sheet_rows(dataset), "clips") as steps:
            write_sheet(arguments.sheet, contact_sheet(dataset, steps.advance))
        console.print(f"{arguments.sheet}: contact sheet", soft_wrap=True)
    return 0


def _tables(title: str, stats: "Stats") -> "Iterator[Table]":
    from ..data.stats import TURN_EDGES

    height, width = stats.size
    clip, still = stats.longest_still
    yield _table(
        title,
        {
            "clips": f"{stats.clips:,}",
            "frames": f"{stats.frames:,}",
            "hours": f"{stats.hours:.2f}",
            "size and rate": f"{width}x{height} at {stats.fps:g} frames/s",
            "idle": f"{stats.idle:.1%}",
            "longest still run": f"{still:,} frames" + (f" in {clip}" if still else ""),
            "turning": f"{stats.turning:.1%}",
            "pitch deviation": f"{stats.pitch_std:.2f} degrees/frame",
            "yaw deviation": f"{stats.yaw_std:.2f} degrees/frame",
            "not recorded": ", ".join(stats.unknown) or "-",
        },
    )
    yield _bars("keys", {key: share for key, share in stats.key_shares.items() if key not in stats.unknown})
    together = stats.held_together
    yield _bars("keys at once", {str(count): share for count, share in enumerate(together)})
    ranges = [f"{low:g} to {high:g}" for low, high in pairwise(TURN_EDGES)]
    for axis, turns in (("pitch", stats.pitch_turns), ("yaw", stats.yaw_turns)):
        if total := sum(turns):
            shares = {name: turn / total for name, turn in zip(ranges, turns, strict=True)}
            yield _bars(f"{axis}, degrees/frame (+ {'down' if axis == 'pitch' else 'right'})", shares)
    for name, counts in (("biomes", stats.biomes), ("weathers", stats.weathers), ("times", stats.times)):
        yield from _counted(f"{name}, clips", counts)
    yield from _counted("tags, clips", stats.tags)
    yield from _counted("prompts, frames", stats.prompts)


def _counted(title: str, counts: Mapping[str, int]) -> "Iterator[Table]":
    if not counts:
        return
    most = max(counts.values())
    shown = dict(list(counts.items())[:_SHOWN])
    rows = {name: f"{count:>9,} {_bar(count / most)}" for name, count in shown.items()}
    if len(counts) > _SHOWN:
        rows |= {f"and {len(counts) - _SHOWN:,} more": f"{sum(counts.values()) - sum(shown.values()):>9,}"}
    yield _table(title, rows, right=False)


def _bars(title: str, shares: Mapping[str, float]) -> "Table":
    most = max(shares.values(), default=0) or 1
    return _table(title, {name: f"{share:>6.1%} {_bar(share / most)}" for name, share in shares.items()}, right=False)


def _bar(share: float) -> str:
    """A bar of up to `_BAR` characters, to an eighth of one."""
    eighths = round(share * _BAR * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _table(title: str, rows: Mapping[str, str], *, right: bool = True) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right" if right else "left", no_wrap=True)
    for row in rows.items():
        table.add_row(*row)
    return table
