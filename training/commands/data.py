"""`arvd-data`: look at footage, check it, encode it for training."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .run import run_command


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns 0 done, 1 problems found, 2 bad input."""
    arguments = _parser().parse_args(argv)
    verbs = {"check": _check, "stats": _stats, "encode": _encode}
    return run_command(lambda: verbs[arguments.verb](arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="arvd-data", description="Look at footage in GF-Minecraft layout, check it, encode it."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    helps = {
        "check": "decode every clip, count frames and actions, test that actions and pictures are aligned",
        "stats": "count clips, frames, keys and camera motion",
        "encode": "encode every clip with a world's autoencoder; run again to mend or update",
    }
    for verb, text in helps.items():
        command = verbs.add_parser(verb, help=text, description=text)
        command.add_argument("path", type=Path, help="folder that holds metadata/ and video/, or both in one")
        if verb == "encode":
            command.add_argument("--world", required=True, help="name or folder of the world")
            command.add_argument("--out", type=Path, required=True, help="folder of the cache")
    return parser


def _check(arguments: argparse.Namespace) -> int:
    from ..data.check import check_clips

    table = _table("clip", "yaw before", "yaw here", "yaw after", "explained", title="pixels right per degree of yaw")
    clips = frames = 0
    faults: list[str] = []
    for report in check_clips(arguments.path):
        clips, frames = clips + 1, frames + report.frames
        if (found := report.alignment) is not None:
            weights = (f"{weight:+.2f}" for weight in (found.before, found.here, found.after))
            table.add_row(report.name, *weights, f"{found.explained:.0%}")
        if report.fault:
            faults.append(f"{report.name}: {report.fault}")
    console = _console()
    if table.row_count:
        console.print(table)
    for fault in faults:
        console.print(f"problem: {fault}", soft_wrap=True)
    problems = f"{len(faults)} with problems" if faults else "no problems found"
    console.print(f"{clips:,} clips, {frames:,} frames: {problems}")
    return 1 if faults else 0


def _stats(arguments: argparse.Namespace) -> int:
    from model.footage.gf_minecraft import GFMinecraft

    from ..data.stats import measure_stats

    dataset = GFMinecraft(arguments.path)
    stats = measure_stats(dataset)
    table = _table("what", "value", title=str(arguments.path))
    height, width = dataset.size
    rows = {
        "clips": f"{stats.clips:,}",
        "frames": f"{stats.frames:,}",
        "hours": f"{stats.hours:.2f}",
        "size and rate": f"{width}x{height} at {dataset.fps:g} frames/s",
    }
    rows |= {key: f"{share:.1%}" for key, share in stats.key_shares.items()}
    rows |= {
        "turning": f"{stats.turning:.1%}",
        "pitch deviation": f"{stats.pitch_std:.2f} degrees/frame",
        "yaw deviation": f"{stats.yaw_std:.2f} degrees/frame",
    }
    for row in rows.items():
        table.add_row(*row)
    _console().print(table)
    return 0


def _encode(arguments: argparse.Namespace) -> int:
    from model.footage.gf_minecraft import GFMinecraft
    from model.world_spec import find_world

    folder, dataset = find_world(arguments.world), GFMinecraft(arguments.path)
    import torch  # only once both are known to be there

    from model.world import load_autoencoder

    from ..data.latents import encode_dataset

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    autoencoder, hash_ = load_autoencoder(folder)
    cache = encode_dataset(dataset, autoencoder.to(device), hash_, arguments.out, device)
    print(f"{arguments.out}: {len(cache.names):,} clips, {len(cache.latents):,} frames")
    return 0


def _console() -> Console:
    return Console(markup=False, emoji=False, highlight=False)  # names of clips are not markup


def _table(first: str, *others: str, title: str) -> Table:
    table = Table(first, title=title, title_justify="left")
    for other in others:
        table.add_column(other, justify="right")
    return table


if __name__ == "__main__":
    sys.exit(main())
