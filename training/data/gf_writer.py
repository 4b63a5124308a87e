"""Writes any dataset in GF-Minecraft layout, arvd's own: `video/`, `metadata/` and `annotation.csv`.

A clip exists from the moment its metadata does, which comes after its video, so that a broken-off export is whole in
all that it holds; running it again goes on behind the last clip.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from model.errors import DataError, RunError
from model.files import finished_file
from model.footage.clip import Dataset
from model.footage.gf_clip import rebuild_annotations, write_clip, write_metadata
from model.footage.gf_records import parse_records
from model.footage.untrusted import inside, plain_name, read_json
from model.footage.video import decode_chunks, read_head

from .whole_video import count_frames, whole_video

_PITCH_SLACK = 1e-3  # degrees; the layout keeps four decimals
_HOLDS = ("video", "metadata", "annotation.csv")


def write_gf_minecraft(dataset: Dataset, folder: Path, advance: Callable[[], None] = lambda: None) -> None:
    """Write `dataset` into `folder`, or go on where that was broken off; `advance` is called once per clip.

    A clip whose frames are an .mp4 already is copied, any other is encoded. The actions read back to the bit.

    Raises:
        DataError: when a clip cannot be read or written, has not one frame for each action, or the folder holds
            anything but a part of this export.
        RunError: when the disk cannot take it.
    """
    names = [plain_name(name, f"{folder}: a clip of the dataset") for name in dataset.names]
    _refuse_others(folder, frozenset(names))
    _refuse_source(dataset, folder)
    try:
        for index, name in enumerate(names):
            if not _is_there(dataset, index, folder, name):
                _write(dataset, index, folder, name)
            advance()
    except OSError as error:
        raise RunError(
            f"{error.filename or folder}: could not be copied ({error.strerror}); make room or choose another folder"
        ) from error
    rebuild_annotations(folder)


def _refuse_others(folder: Path, names: frozenset[str]) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise DataError(f"{folder}: is no folder; choose another one")
    found = [path for path in folder.iterdir() if path.name not in _HOLDS]
    for part, ending in (("metadata", ".json"), ("video", ".mp4")):
        if inside(folder, folder / part).is_dir():
            found += [path for path in (folder / part).iterdir() if not _ours(path.name, ending, names)]
    if found:
        raise DataError(f"{folder}: holds {found[0].name}, no part of this export; choose an empty folder")


def _refuse_source(dataset: Dataset, folder: Path) -> None:
    for index, name in enumerate(dataset.names):
        if any(path.resolve().is_relative_to(folder.resolve()) for path in dataset.files(index)):
            raise DataError(f"{folder}: holds clip {name} that is to be written; choose another folder")


def _ours(file: str, ending: str, names: frozenset[str]) -> bool:
    """Whether a file is one of a clip of `names`, or what a killed export left of it."""
    unfinished = file.startswith(".") and file.endswith(".part")
    name = file[1:].removesuffix(".part").rpartition(".")[0] if unfinished else file
    return name.endswith(ending) and name.removesuffix(ending) in names


def _is_there(dataset: Dataset, index: int, folder: Path, name: str) -> bool:
    """Whether the clip was written before, whole; raises DataError when another one of its name was."""
    metadata, video = folder / "metadata" / f"{name}.json", folder / "video" / f"{name}.mp4"
    if not metadata.exists():
        return False
    records, head = parse_records(read_json(metadata), metadata), read_head(video)
    same = (
        np.array_equal(records.actions, dataset.actions(index))
        and np.array_equal(records.known, dataset.known(index))
        and records.details == dataset.details(index)
        and abs(records.pitch - dataset.pitch(index)) < _PITCH_SLACK
        and (head.height, head.width, head.fps) == (*dataset.size, dataset.fps)
    )
    if not same:
        raise DataError(f"{folder}: holds another clip {name}; choose an empty folder")
    frames = len(records)
    return head.frames in (0, frames) and count_frames(video, decode_chunks(video)) == frames


def _write(dataset: Dataset, index: int, folder: Path, name: str) -> None:
    actions, known, details = dataset.actions(index), dataset.known(index), dataset.details(index)
    pitch = dataset.pitch(index)
    source = whole_video(dataset, index, (".mp4",))
    if source is None:
        chunks = dataset.chunks(index)
        fps, size = dataset.fps, dataset.size
        write_clip(folder, name, chunks, actions, fps=fps, size=size, details=details, known=known, pitch=pitch)
        return
    target = folder / "video" / f"{name}.mp4"
    target.parent.mkdir(parents=True, exist_ok=True)
    with finished_file(target) as unfinished:
        shutil.copyfile(source, unfinished)
    write_metadata(folder, name, actions, details=details, known=known, pitch=pitch)
