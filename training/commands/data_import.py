"""`arvd-data import FORMAT`: bring footage of any format into arvd's own layout, refusing what is misaligned."""

import argparse
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from model.errors import DataError
from model.footage.clip import Dataset

from ..data.formats import FORMATS
from .arguments import frame_size

_VIDEOS, _LATENTS = "videos", "matrix-game"
_OTHERS = {
    _VIDEOS: "plain videos, whose actions an inverse-dynamics model reads from the picture",
    _LATENTS: "latents of Matrix-Game and ForgeWM (LMDB), into a latent cache",
}


def add_to(verbs: Any) -> None:
    """Add the verb to a parser's sub-commands."""
    formats = _formats()
    text = "bring footage of another format into a dataset of arvd's own layout"
    command: argparse.ArgumentParser = verbs.add_parser(
        "import",
        help=text,
        description=f"{text[0].upper()}{text[1:]}. Clips whose actions stand beside the wrong frames are refused. Run "
        "again to go on after an interruption.",
        epilog="formats: " + "; ".join(f"{name}: {about}" for name, about in formats.items()),
    )
    command.add_argument("format", choices=tuple(formats), metavar="FORMAT", help=", ".join(formats))
    command.add_argument("source", help="folder, downloaded archive, or hf://datasets/organisation/name")
    command.add_argument("out", type=Path, help="folder of the dataset to make")
    command.add_argument("--size", type=frame_size, metavar="WxH", help="crop and shrink, for example to 160x96")
    command.add_argument(
        "--shift", type=int, default=0, metavar="N", help="move every action N frames later, for footage that is off"
    )
    command.add_argument(
        "--idm", type=Path, metavar="FILE", help="videos: inverse-dynamics model (default: arvd's own)"
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Import; returns 1 when clips were refused."""
    if arguments.format == _LATENTS:
        return _import_latents(arguments)
    from ..data.alignment_gate import aligned_clips
    from ..data.gf_writer import write_gf_minecraft
    from ..data.resized import ResizedDataset
    from ..data.shifted import ShiftedDataset
    from ..logs import Steps

    dataset = _open(arguments)
    if arguments.shift:
        dataset = ShiftedDataset(dataset, arguments.shift)
    with Steps("check alignment", len(dataset.names), "clips") as steps:
        taken, refused = aligned_clips(dataset, steps.advance)
    for clip in refused:
        print(f"refused: {clip.name}: {clip.why}", file=sys.stderr)
    if not taken.names:
        print(f"error: all {len(refused)} clips are misaligned; nothing was imported", file=sys.stderr)
        return 1
    sized = taken if arguments.size in (None, dataset.size) else ResizedDataset(taken, arguments.size)
    with Steps("import", len(sized.names), "clips") as steps:
        write_gf_minecraft(sized, arguments.out, steps.advance)
    print(f"{arguments.out}: {len(sized.names):,} clips, {sum(sized.frame_counts):,} frames")
    return 1 if refused else 0


def _formats() -> dict[str, str]:
    """Names of the formats that can be read, with what each is."""
    return {name: format_.about for name, format_ in FORMATS.items() if format_.read is not None} | _OTHERS


def _open(arguments: argparse.Namespace) -> Dataset:
    from ..data.address import is_remote, open_remote

    # What is written holds no places: only now can be told which jumps did nothing, and only by actions that stand
    # beside the frames in which the player stood there.
    effective_jumps = arguments.shift == 0
    if is_remote(arguments.source):
        return open_remote(arguments.source, effective_jumps=effective_jumps)
    source = Path(arguments.source)
    if arguments.format == _VIDEOS:
        from ..data.video_folder import VideoFolder
        from ..inverse_dynamics import load_inverse_dynamics

        bundled = Path(str(resources.files("assets"))) / "inverse-dynamics" / "luanti.safetensors"
        return VideoFolder(source, load_inverse_dynamics(arguments.idm or bundled), _beside(arguments.out, "inferred"))
    if arguments.format == "gf-minecraft" and _is_archived(source):
        source = _unpacked(source, _beside(arguments.out, "unpacked"))
    read = FORMATS[arguments.format].read
    assert read is not None
    return read(source, effective_jumps)


def _is_archived(source: Path) -> bool:
    """Whether GF-Minecraft lies there as it is downloaded."""
    if source.is_dir() and not any(source.rglob("*.json")):
        return any(source.rglob("part_aa")) or any(source.rglob("*.zip"))
    return source.is_file()


def _unpacked(source: Path, folder: Path) -> Path:
    """Unpack what was downloaded into `folder`, which may be deleted once all is imported."""
    from ..data.gf_archive import find_archives, unpack

    for archive in find_archives(source):
        print(f"unpacking {archive.name} ...", file=sys.stderr)
        unpack(archive, folder)
    return folder


def _beside(out: Path, what: str) -> Path:
    """Folder for what an import makes on its way."""
    return out.with_name(f"{out.name}.{what}")


def _import_latents(arguments: argparse.Namespace) -> int:
    """Latents become a latent cache as they are: there is no picture to check or to resize."""
    from ..data.lmdb_latents import LmdbConfig, count_lmdb, import_lmdb
    from ..logs import Steps

    if arguments.size is not None:
        raise DataError("--size is for pictures, but these are latents; leave it out")
    if arguments.shift not in (0, 1):
        raise DataError(
            f"--shift {arguments.shift} is none of latents; use 1 where actions stand a frame early, or none"
        )
    source = Path(arguments.source)
    config = LmdbConfig(alignment="pre" if arguments.shift else "post")
    with Steps("import", count_lmdb(source), "clips") as steps:
        clips = import_lmdb(source, arguments.out, steps.advance, config=config)
    print(f"{arguments.out}: a latent cache of {clips:,} clips")
    return 0
