"""Clips of footage, each opened by itself, so that one that cannot be opened does not hide the others."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from model.errors import DataError
from model.footage.clip import Dataset
from model.footage.folder import holds_recordings
from model.footage.found import named_files
from model.footage.gf_layout import find_clips
from model.footage.gf_minecraft import GFMinecraft
from model.footage.replays import Replays
from model.footage.vpt import VPT

from ..address import is_remote, open_address


@dataclass(frozen=True)
class Source:
    """A clip that may or may not open."""

    name: str
    open: Callable[[], tuple[Dataset, int]]
    """The dataset that holds the clip, and its index there; raises DataError."""


def clips_of(place: str | Path, most: int | None = None) -> tuple[Source, ...]:
    """All clips of a folder or address, or at most `most` of them, evenly spread.

    Raises:
        DataError: when there are none, or the first fault when they cannot be told apart without it.
    """
    try:
        whole = open_address(str(place))
    except DataError:
        sources = [] if is_remote(str(place)) else _one_by_one(Path(place))
        if not sources:
            raise
    else:
        sources = [Source(name, partial(_same, whole, i)) for i, name in enumerate(whole.names)]
    if most is not None and most < len(sources):
        sources = [sources[k] for k in np.linspace(0, len(sources) - 1, most).round().astype(int)]
    return tuple(sources)


def _one_by_one(root: Path) -> list[Source]:
    """Clips in the layouts that have a folder or a pair of files for each; none where they cannot be told apart."""
    if not root.is_dir():
        return []
    replays = sorted(path.parent for path in root.glob("*/replay.toml"))
    if replays:
        return [Source(folder.name, partial(_replay, folder)) for folder in replays]
    try:
        if holds_recordings(root):
            return [source for name in named_files(root, ".jsonl") for source in _parts(root, name)]
        return [Source(files.name, partial(_clip, root, files.name)) for files in find_clips(root)]
    except DataError:
        return []


def _parts(root: Path, name: str) -> list[Source]:
    """Clips of one recording, which is as many as menus make of it; one that says what is wrong if it does not open."""
    try:
        recording, _ = _recording(root, name)
    except DataError:
        return [Source(name, partial(_recording, root, name))]
    return [Source(part, partial(_same, recording, i)) for i, part in enumerate(recording.names)]


def _same(dataset: Dataset, index: int) -> tuple[Dataset, int]:
    return dataset, index


def _replay(folder: Path) -> tuple[Dataset, int]:
    return Replays(folder), 0


def _recording(root: Path, name: str) -> tuple[Dataset, int]:
    return VPT(root, names={name}), 0


def _clip(root: Path, name: str) -> tuple[Dataset, int]:
    return GFMinecraft(root, {name}), 0
