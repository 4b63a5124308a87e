"""The part of the command line that is about recording, and where replays go if nobody says."""

import argparse
import os
import re
from pathlib import Path

DEFAULT_BUDGET = 10 * 10**9
"""Bytes that the replays in a folder may take together: 100 hours at 160x96."""

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_record_options(parser: argparse.ArgumentParser) -> None:
    """Add `--record` and `--record-budget`."""
    group = parser.add_argument_group("recording (R starts and stops it in the window)")
    group.add_argument(
        "--record",
        nargs="?",
        type=_folder,
        const=default_folder(),
        metavar="FOLDER",
        help="record from the first frame on; R records there too",
    )
    group.add_argument(
        "--record-budget",
        type=_bytes,
        metavar="SIZE",
        help="what replays in that folder may take together, such as 500MB (default: 10GB)",
    )


def default_folder() -> Path:
    """Return `replays/` of a checkout, else that of the person's data."""
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file() and os.access(checkout / "replays", os.W_OK):
        return checkout / "replays"
    from platformdirs import user_data_path

    return user_data_path("arvd", appauthor=False) / "replays"


def _folder(text: str) -> Path:
    folder = Path(text)
    try:
        existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
        usable = existing.is_dir() and os.access(existing, os.W_OK)
    except (OSError, ValueError) as error:  # a name that is too long, a folder that may not be searched
        raise argparse.ArgumentTypeError(f"{text[:80]!r} can be no folder ({error}); choose another name") from None
    if not usable:
        raise argparse.ArgumentTypeError(f"{existing} is no folder that can be written to; choose another")
    return folder


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)\s*([KMGT]?)B?", text.strip().upper(), re.ASCII)
    if not found or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write for example 10GB or 500MB")
    return round(float(found[1]) * _UNITS[found[2]])
