"""Opens a folder of footage, whatever layout it has."""

from collections.abc import Collection
from pathlib import Path

from ..errors import DataError
from .clip import Dataset
from .edits import EDITS, EditedDataset, read_edits


def open_dataset(root: Path, *, tags: Collection[str] = (), effective_jumps: bool = False) -> Dataset:
    """Open replays, VPT recordings or clips in GF-Minecraft layout, as cut and tagged in the browser.

    With `tags`, only clips that carry one of them; `effective_jumps` is for `GFMinecraft`.

    Raises:
        DataError: naming the first thing in the folder that cannot be used.
    """
    dataset = open_unedited(root, effective_jumps=effective_jumps)
    edited = EditedDataset(dataset, read_edits(root)) if (root / EDITS).is_file() else dataset
    return tagged(edited, tags, str(root)) if tags else edited


def tagged(dataset: Dataset, tags: Collection[str], where: str) -> Dataset:
    """Clips of the dataset at `where` that carry one of `tags`; raises DataError when there are none."""
    from .subset import Subset

    chosen = tuple(i for i in range(len(dataset.names)) if set(tags) & set(dataset.details(i).tags))
    if not chosen:
        raise DataError(f"{where}: no clip is tagged {' or '.join(sorted(tags))}; tag clips with `arvd-play --browse`")
    return Subset(dataset, chosen)


def open_unedited(root: Path, *, effective_jumps: bool = False) -> Dataset:
    """Open the footage of a folder whole, whatever was cut and tagged in it.

    Raises:
        DataError: naming the first thing in the folder that cannot be used.
    """
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; give the folder that holds the footage")
    if (root / "replay.toml").is_file() or next(root.glob("*/replay.toml"), None):
        from .replays import Replays

        return Replays(root)
    if holds_recordings(root):
        from .vpt import VPT

        return VPT(root)
    from .gf_minecraft import GFMinecraft

    return GFMinecraft(root, effective_jumps=effective_jumps)


def holds_recordings(root: Path) -> bool:
    """Whether VPT recordings lie under `root`, whole or not."""
    return any(path.with_suffix(".mp4").is_file() for path in root.rglob("*.jsonl"))
