"""Where the clips of a folder in GF-Minecraft layout lie, unread: two folders, flat, or several such splits below."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DataError
from .untrusted import inside, plain_name

_METADATA = ("metadata", "metadata-detection")  # GameFactory's own post-processing writes the second
_VIDEO = "video"
_SHARDS = (".tar", ".f32")  # the second are the actions that arvd writes beside its shards
_DEPTH = 3  # GF-Minecraft/sample-10/data_2003 is the deepest that is handed around


@dataclass(frozen=True)
class ClipFiles:
    """The files of one clip; nothing is known yet of what they hold, nor whether the video exists."""

    name: str
    metadata: Path
    video: Path
    split: Path
    """Folder of the split, which may hold an `annotation.csv`."""


def find_clips(root: Path) -> tuple[ClipFiles, ...]:
    """Clips under `root`, sorted; named by their stems, with the split's folder before it where two share one.

    Raises:
        DataError: when there are none, or one has an impossible name or leads out of `root`.
    """
    if not root.is_dir():
        raise DataError(f"{root}: no such folder; give the folder that holds metadata/ and video/")
    clips = [*_splits(root, root, _DEPTH)]
    if not clips and any(path.suffix in _SHARDS for path in root.iterdir()):
        raise DataError(
            f"{root}: holds tar shards, which are not read as they are; bring them into a folder with "
            f"`arvd-data import webdataset {root} FOLDER`"
        )
    if not clips:
        raise DataError(f"{root}: holds no clips; expected metadata/*.json and video/*.mp4, or both in one folder")
    for path in (path for clip in clips for path in (clip.metadata, clip.video)):
        inside(root, path)
    shared = {name for name, count in Counter(clip.name for clip in clips).items() if count > 1}
    distinct = [
        replace(clip, name="__".join((*clip.split.relative_to(root).parts, clip.name))) if clip.name in shared else clip
        for clip in clips
    ]
    return tuple(sorted(distinct, key=lambda clip: f"{clip.name}.json"))


def _splits(root: Path, folder: Path, depth: int) -> Iterator[ClipFiles]:
    """Clips of `folder` if it is a split, otherwise those of the folders below."""
    for metadata in (folder / name for name in _METADATA):
        if metadata.is_dir() and (stems := _json_stems(inside(root, metadata))):
            yield from _in_folder(metadata, stems, folder / _VIDEO, folder)
            return
    stems = _json_stems(folder)
    if any((folder / f"{stem}.mp4").is_file() for stem in stems):
        yield from _in_folder(folder, stems, folder, folder)
    elif depth:
        for child in sorted(folder.iterdir()):
            if child.is_dir() and not child.name.startswith("."):
                yield from _splits(root, inside(root, child), depth - 1)


def _in_folder(metadata: Path, stems: list[str], video: Path, split: Path) -> list[ClipFiles]:
    return [
        ClipFiles(plain_name(stem, str(metadata)), metadata / f"{stem}.json", video / f"{stem}.mp4", split)
        for stem in stems
    ]


def _json_stems(folder: Path) -> list[str]:
    return [
        path.stem
        for path in sorted(folder.iterdir())
        if path.suffix == ".json" and not path.name.startswith(".") and path.is_file()
    ]
