"""Writer of tar shards (WebDataset) with an index, so that they can be streamed: `shard-000000.tar` and so on.

A clip NAME is three files: NAME.mp4 (the video it came with, where that shows just these frames), NAME.actions.npy and
NAME.json. Dots, which end a name in WebDataset, are written %2E; the true name stands in the index and in NAME.json.
The index is written after each shard, so that a writer that was stopped goes on after the last one that is whole.
"""

import hashlib
import io
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from model.errors import DataError, RunError
from model.files import finished_file, write_atomically
from model.footage.clip import Dataset
from model.footage.gf_clip import described
from model.footage.untrusted import plain_name
from model.footage.video import VideoWriter

from .store import LocalStore
from .tar_shards import ShardWriter
from .webdataset_index import ACTIONS, INDEX, VIDEOS, ShardClip, ShardIndex, checked_actions, index_bytes, read_index
from .whole_video import whole_video

SHARD_BYTES = 256 << 20
"""Size at which a shard ends."""


def write_webdataset(
    dataset: Dataset, folder: Path, advance: Callable[[], None] = lambda: None, *, shard_bytes: int = SHARD_BYTES
) -> None:
    """Write `dataset` as tar shards into `folder`, or go on with it; `advance` is called once per clip.

    A shard ends with the clip that brings it to `shard_bytes`.

    Raises:
        DataError: when a clip cannot be read or written, has not one frame for each action, or `folder` holds
            something else.
        RunError: when the disk cannot take it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        clips = _begun(dataset, folder)
        for _ in clips:
            advance()
        while len(clips) < len(dataset.names):
            shard = f"shard-{len({clip.shard for clip in clips}):06d}.tar"
            with finished_file(folder / shard) as unfinished, closing(ShardWriter(unfinished)) as writer:
                while len(clips) < len(dataset.names) and writer.size < shard_bytes:
                    clips.append(_add(writer, dataset, len(clips), shard, folder))
                    advance()
            _note(dataset, folder, clips)
        _note(dataset, folder, clips, _write_actions(dataset, folder / ACTIONS))
    except OSError as error:
        raise RunError(
            f"{error.filename or folder}: could not be written ({error.strerror}); make room or choose another folder"
        ) from error


def _begun(dataset: Dataset, folder: Path) -> list[ShardClip]:
    """Clips that an earlier writer of the same dataset left in `folder`."""
    for path in folder.glob(".*.part"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()  # of a writer that was killed
    index = read_index(LocalStore(folder))
    if index is None:
        if any(folder.iterdir()):
            raise DataError(f"{folder}: holds something else; give a folder that is new or empty")
        _note(dataset, folder, [])
        return []
    for number, clip in enumerate(index.clips):
        if number >= len(dataset.names) or (clip.name, clip.source) != (dataset.names[number], dataset.digest(number)):
            raise DataError(f"{folder}: holds other clips, {clip.name!r} for one; give a folder that is new or empty")
    return list(index.clips)


def _note(dataset: Dataset, folder: Path, clips: list[ShardClip], actions_sha256: str = "") -> None:
    index = ShardIndex(
        fps=dataset.fps, size=dataset.size, complete=bool(actions_sha256), actions_sha256=actions_sha256,
        clips=tuple(clips),
    )  # fmt: skip
    write_atomically(folder / INDEX, index_bytes(index))


def _add(writer: ShardWriter, dataset: Dataset, number: int, shard: str, folder: Path) -> ShardClip:
    """Append one clip's files to a shard."""
    name = plain_name(dataset.names[number], str(folder))
    actions = checked_actions(dataset.actions(number), name)
    key = name.replace("%", "%25").replace(".", "%2E")
    with _video(dataset, number, folder) as (file, suffix):
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        file.seek(0)
        video = writer.add(f"{key}{suffix}", file, size)
    rows = io.BytesIO()
    np.save(rows, actions, allow_pickle=False)
    about = described(dataset.details(number), dataset.known(number), dataset.pitch(number))
    document = {"name": name, "fps": dataset.fps, **about}
    for ending, data in ((".actions.npy", rows.getvalue()), (".json", _json(document))):
        writer.add(f"{key}{ending}", io.BytesIO(data), len(data))
    return ShardClip(
        name=name, frames=len(actions), shard=shard, start=video.start, size=size, suffix=suffix,
        digest=hashlib.sha256(sha256.encode() + actions.tobytes()).hexdigest(), sha256=sha256,
        source=dataset.digest(number), about=about,
    )  # fmt: skip


@contextmanager
def _video(dataset: Dataset, number: int, folder: Path) -> Iterator[tuple[io.BufferedReader, str]]:
    """Open video of a clip and the ending of its name: its own, or one that is encoded for it."""
    path = whole_video(dataset, number, VIDEOS)
    if path is not None:
        with path.open("rb") as file:
            yield file, path.suffix.lower()
        return
    with tempfile.TemporaryDirectory(prefix=".video.", suffix=".part", dir=folder) as temporary:
        path = Path(temporary) / "video.mp4"
        with VideoWriter(path, dataset.size, dataset.fps) as video:
            for frames in dataset.chunks(number):
                video.write(frames)
        with path.open("rb") as file:
            yield file, ".mp4"


def _write_actions(dataset: Dataset, path: Path) -> str:
    """Write the actions of all clips; returns their SHA-256."""
    sha = hashlib.sha256()
    with finished_file(path) as unfinished, unfinished.open("wb") as file:
        for number, name in enumerate(dataset.names):
            data = checked_actions(dataset.actions(number), name).astype("<f4").tobytes()
            sha.update(data)
            file.write(data)
    return sha.hexdigest()


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
