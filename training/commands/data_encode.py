"""`arvd-data encode`: footage as latents of a world's autoencoder, to be trained on or taken elsewhere."""

import argparse
from pathlib import Path
from typing import Any

from .arguments import frame_size


def add_to(verbs: Any) -> None:
    """Add the verb to a parser's sub-commands."""
    text = "encode every clip with a world's autoencoder; run again to mend or update"
    command: argparse.ArgumentParser = verbs.add_parser("encode", help=text, description=text)
    command.add_argument(
        "source", help="folder of footage in any of arvd's formats, or hf://datasets/organisation/name"
    )
    command.add_argument("--world", required=True, help="name or folder of the world")
    command.add_argument("--out", type=Path, required=True, help="folder of the cache")
    command.add_argument("--size", type=frame_size, metavar="WxH", help="crop and shrink first, for example to 160x96")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Encode; returns 0."""
    from model.world_spec import find_world

    from ..data.address import open_address

    folder, dataset = find_world(arguments.world), open_address(arguments.source, effective_jumps=True)
    import torch  # only once both are known to be there

    from model.world import load_autoencoder

    from ..data.latents import encode_dataset
    from ..data.resized import ResizedDataset

    if arguments.size not in (None, dataset.size):
        dataset = ResizedDataset(dataset, arguments.size)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    autoencoder, hash_ = load_autoencoder(folder)
    cache = encode_dataset(dataset, autoencoder.to(device), hash_, arguments.out, device)
    print(f"{arguments.out}: {len(cache.names):,} clips, {sum(cache.frame_counts):,} frames")
    return 0
