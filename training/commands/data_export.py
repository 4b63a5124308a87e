"""`arvd-data export FORMAT`: write footage in a format that other tools read."""

import argparse
from pathlib import Path
from typing import Any

from ..data.formats import FORMATS

_LATENTS = "matrix-game"


def add_to(verbs: Any) -> None:
    """Add the verb to a parser's sub-commands."""
    formats = _formats()
    text = "write footage in a format that other tools read"
    command: argparse.ArgumentParser = verbs.add_parser(
        "export",
        help=text,
        description=f"{text[0].upper()}{text[1:]}, as cut and tagged in the browser.",
        epilog="formats: " + "; ".join(f"{name}: {about}" for name, about in formats.items()),
    )
    command.add_argument("format", choices=tuple(formats), metavar="FORMAT", help=", ".join(formats))
    command.add_argument("source", help="folder of footage, or hf://datasets/organisation/name")
    command.add_argument("out", type=Path, help="folder to write")
    command.add_argument("--tags", default="", metavar="A,B", help="only clips that carry one of these tags")
    command.add_argument(
        "--frames-per-latent",
        type=int,
        default=1,
        choices=(1, 4),
        help=f"{_LATENTS}: 4 for Wan's (default: 1)",
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export; returns 0."""
    if arguments.format == _LATENTS:
        return _export_latents(arguments)
    from ..data.address import open_address
    from ..logs import Steps

    tags = tuple(tag for tag in arguments.tags.split(",") if tag)
    dataset = open_address(arguments.source, tags=tags)
    write = FORMATS[arguments.format].write
    assert write is not None
    with Steps("export", len(dataset.names), "clips") as steps:
        write(dataset, arguments.out, steps.advance)
    print(f"{arguments.out}: {len(dataset.names):,} clips, {sum(dataset.frame_counts):,} frames as {arguments.format}")
    return 0


def _formats() -> dict[str, str]:
    """Names of the formats that can be written, with what each is."""
    latents = {_LATENTS: "a latent cache as LMDB, as Matrix-Game and ForgeWM read it"}
    return {name: format_.about for name, format_ in FORMATS.items() if format_.write is not None} | latents


def _export_latents(arguments: argparse.Namespace) -> int:
    from ..data.lmdb_writer import export_lmdb
    from ..data.shards import read_index
    from ..logs import Steps

    source = Path(arguments.source)
    with Steps("export", len(read_index(source).clips), "clips") as steps:
        export_lmdb(source, arguments.out, steps.advance, frames_per_latent=arguments.frames_per_latent)
    print(f"{arguments.out}: LMDB shards of {source}")
    return 0
