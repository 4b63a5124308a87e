"""`arvd-data`: look at footage, check it, encode it for training."""

import argparse
import sys
from pathlib import Path

from . import data_check, data_stats
from .run import run_command


def main(argv: list[str] | None = None) -> int:
    """Entry point of the console script; returns 0 done, 1 problems found, 2 bad input."""
    arguments = _parser().parse_args(argv)
    return run_command(lambda: arguments.run(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="arvd-data", description="Look at footage, check it, encode it.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    data_check.add_to(verbs)
    data_stats.add_to(verbs)
    text = "encode every clip with a world's autoencoder; run again to mend or update"
    command = verbs.add_parser("encode", help=text, description=text)
    command.add_argument("path", type=Path, help="folder that holds metadata/ and video/, or both in one")
    command.add_argument("--world", required=True, help="name or folder of the world")
    command.add_argument("--out", type=Path, required=True, help="folder of the cache")
    command.set_defaults(run=_encode)
    return parser


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
    print(f"{arguments.out}: {len(cache.names):,} clips, {sum(cache.frame_counts):,} frames")
    return 0


if __name__ == "__main__":
    sys.exit(main())
