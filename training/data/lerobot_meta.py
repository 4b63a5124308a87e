"""What the `meta/` folder of a LeRobot dataset says: v3, and v2.0 and v2.1 whose episodes have files of their own.

Nothing in it is believed: names of files are spelled by a pattern of our own reading, lead nowhere out of the dataset,
and counts are held against the files.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.actions import ACTION_SIZE
from model.config import ConfigError, build
from model.errors import DataError
from model.footage.clip import Actions, Details, Known
from model.footage.pitch import stated_pitch
from model.footage.untrusted import in_words, inside, json_lines, plain_name, read_json

from .isolated import IsolatedReader
from .parquet import ParquetRows, readable

MAX_EPISODES = 1_000_000
"""Most episodes of a dataset that is believed."""
MAX_FPS = 1000.0
"""Highest frame rate that is believed."""
EXTRAS = ("arvd/name", "arvd/known", "arvd/first_action", "arvd/details", "arvd/pitch")
"""Columns of ours in the table of episodes; LeRobot passes over them."""

_LARGEST = 1 << 40  # of an index or a number of rows
_PLACE = re.compile(r"\{(\w+)(?::0?(\d)d)?\}")


@dataclass(frozen=True)
class Info:
    """What `meta/info.json` says."""

    root: Path
    version: int
    """2 or 3."""
    fps: float
    features: Mapping[str, Any]
    camera: str
    """Name of the feature that holds the pictures."""
    chunk: int
    """Episodes per folder in v2."""
    data_path: str
    video_path: str

    def file(self, pattern: str, **values: int | str) -> Path:
        """Path of a file by its pattern, as in `data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet`.

        Raises:
            DataError: when the pattern asks for what is not known, or leads out of the dataset.
        """

        def spelled(place: re.Match[str]) -> str:
            name, width = place.groups()
            if name not in values:
                raise DataError(f"{self.root}: meta/info.json names files by {name!r}, which is unknown; correct it")
            return str(values[name]).zfill(int(width or 0))

        plain = _PLACE.sub(spelled, pattern)
        if set(plain) & {"{", "}", "\0"}:
            raise DataError(f"{self.root}: meta/info.json names files by {pattern[:80]!r}; correct it")
        return inside(self.root, self.root / plain)


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One clip, and where it lies."""

    index: int
    frames: int
    data: Path
    first_row: int
    """In `data`."""
    video: Path
    start: float
    """Seconds into `video`."""
    name: str
    known: Known | None = None
    """None where nobody said."""
    first_action: Actions | None = None
    """(11,), what LeRobot has no place for: what is said to have led to the first frame."""
    details: Details | None = None
    pitch: float = 0.0
    """Of the camera in the first frame, in degrees."""


def read_info(root: Path, camera: str | None) -> Info:
    """Read `meta/info.json`; `camera` chooses among several features with pictures.

    Raises:
        DataError: when it is missing, of an unknown version, or states what no recording has.
    """
    path = root / "meta" / "info.json"
    table = read_json(inside(root, path))
    try:
        major = re.fullmatch(r"v?([23])(\.\d{1,3}){0,2}", str(table["codebase_version"]))
        if major is None:
            raise DataError(
                f"{path}: is of version {str(table['codebase_version'])[:20]!r}, v2.0 to v3 are read; convert it with "
                "LeRobot's own tools"
            )
        fps, chunk, features = float(table["fps"]), int(table.get("chunks_size", 1000)), dict(table["features"])
        data_path, video_path = str(table["data_path"]), str(table.get("video_path"))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise DataError(f"{path}: lacks or garbles {in_words(error)}; export the dataset again") from None
    if not 0 < fps <= MAX_FPS or chunk < 1:
        raise DataError(f"{path}: states {fps:g} frames/s and {chunk} episodes a chunk; correct it")
    camera = _camera(features, camera, path)
    return Info(root, int(major[1]), fps, features, camera, chunk, data_path, video_path)


def _camera(features: Mapping[str, Any], wanted: str | None, path: Path) -> str:
    kinds = {name: feature.get("dtype") for name, feature in features.items() if isinstance(feature, dict)}
    videos = [name for name, kind in kinds.items() if kind == "video"]
    chosen = [name for name in videos if wanted in (None, name)]
    if len(chosen) > 1:
        chosen = [name for name in chosen if name == "observation.images.main"] or chosen
    if len(chosen) != 1:
        still = [] if videos else [name for name, kind in kinds.items() if kind == "image"]
        reason = f"its pictures ({', '.join(still)[:200]}) are no videos" if still else "which to take is not clear"
        shown = ", ".join(videos)[:200] or "none"
        raise DataError(f"{path}: {reason}; its videos are: {shown}; name one of them, or write videos")
    return chosen[0]


def read_episodes(info: Info, reader: IsolatedReader) -> list[Episode]:
    """All episodes in their order.

    Raises:
        DataError: naming what is missing, garbled or doubled.
    """
    found = list(_episodes_v3(info, reader) if info.version == 3 else _episodes_v2(info))
    if not found:
        raise DataError(f"{info.root}: holds no episodes; expected LeRobot's layout with meta/, data/ and videos/")
    for what in ("index", "name"):
        values = [getattr(episode, what) for episode in found]
        if len(set(values)) != len(values):
            doubled = next(value for value in values if values.count(value) > 1)
            raise DataError(f"{info.root}: two episodes have the {what} {doubled}; export the dataset again")
    return sorted(found, key=lambda episode: episode.index)


def read_tasks(info: Info, reader: IsolatedReader) -> dict[int, str]:
    """Tasks by their numbers; empty where there are none."""
    meta = info.root / "meta"
    if info.version == 2:
        path = inside(info.root, meta / "tasks.jsonl")
        lines = json_lines(path) if path.is_file() else iter(())
        tables = [table for _, table in lines if isinstance(table, dict)]
        return {t["task_index"]: str(t["task"]) for t in tables if isinstance(t.get("task_index"), int) and "task" in t}
    path = inside(info.root, meta / "tasks.parquet")
    if not path.is_file():
        return {}
    # pandas calls the index so when it has no name
    rows = ParquetRows(path, ("task_index", "task", "__index_level_0__"), reader)
    texts = [name for name in rows.columns if name != "task_index"]
    if not rows.rows or not texts or "task_index" not in rows.columns:
        return {}
    table = rows.read(0, rows.rows)
    with readable(path):
        numbers, tasks = table.column("task_index").to_pylist(), table.column(texts[0]).to_pylist()
        return {int(number): str(task) for number, task in zip(numbers, tasks, strict=True)}


def _episodes_v2(info: Info) -> Iterator[Episode]:
    path = inside(info.root, info.root / "meta" / "episodes.jsonl")
    for line, table in json_lines(path):
        where = f"{path}: line {line}"
        table = table if isinstance(table, dict) else {}
        index = _whole(table.get("episode_index"), where)
        if index >= MAX_EPISODES:
            raise DataError(f"{where}: episode {index:,} is beyond {MAX_EPISODES:,}; remove the line")
        values = {"episode_index": index, "episode_chunk": index // info.chunk}
        yield Episode(
            index=index,
            frames=_whole(table.get("length"), where, least=1),
            data=info.file(info.data_path, **values),
            first_row=0,
            video=info.file(info.video_path, **values, video_key=info.camera),
            start=0.0,
            name=_default_name(index),
        )


def _episodes_v3(info: Info, reader: IsolatedReader) -> Iterator[Episode]:
    video = f"videos/{info.camera}"
    begins: dict[Path, int] = {}  # number in the dataset of the first row of each file
    for row, where, record in sorted(_records_v3(info, reader), key=lambda found: found[0]):
        index = _whole(record["episode_index"], where)
        data = info.file(
            info.data_path,
            chunk_index=_whole(record["data/chunk_index"], where),
            file_index=_whole(record["data/file_index"], where),
        )
        yield Episode(
            index=index,
            frames=_whole(record["length"], where, least=1),
            data=data,
            first_row=row - begins.setdefault(data, row),
            video=info.file(
                info.video_path,
                video_key=info.camera,
                chunk_index=_whole(record[f"{video}/chunk_index"], where),
                file_index=_whole(record[f"{video}/file_index"], where),
            ),
            start=_seconds(record[f"{video}/from_timestamp"], where),
            **_extras(record, _default_name(index), where),
        )


def _records_v3(info: Info, reader: IsolatedReader) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Rows of the table of episodes, each with the number of its first frame in the dataset and where it stands."""
    video = [f"videos/{info.camera}/{key}" for key in ("chunk_index", "file_index", "from_timestamp")]
    wanted = ("episode_index", "length", "data/chunk_index", "data/file_index", "dataset_from_index", *video)
    for path in sorted((info.root / "meta" / "episodes").glob("*/*.parquet")):
        rows = ParquetRows(inside(info.root, path), (*wanted, *EXTRAS), reader)
        if lacking := [name for name in wanted if name not in rows.columns]:
            raise DataError(f"{path}: lacks the column {lacking[0]}; export the dataset again")
        if rows.rows > MAX_EPISODES:
            raise DataError(f"{path}: lists {rows.rows:,} episodes, more than {MAX_EPISODES:,}; split the dataset")
        with readable(path):
            records = rows.read(0, rows.rows).to_pylist() if rows.rows else []
        for number, record in enumerate(records):
            where = f"{path}: row {number}"
            yield _whole(record["dataset_from_index"], where), where, record


def _extras(record: Mapping[str, Any], name_without: str, where: str) -> dict[str, Any]:
    name, known, first, details, pitch = (record.get(key) for key in EXTRAS)
    extras: dict[str, Any] = {"name": name_without}
    try:
        if name is not None:
            extras["name"] = plain_name(str(name), where)
        if known is not None:
            extras["known"] = _entries(known, np.bool_)
        if first is not None:
            extras["first_action"] = _entries(first, np.float32)
        if details is not None:
            extras["details"] = build(Details, json.loads(str(details)))
        if pitch is not None:
            extras["pitch"] = stated_pitch(pitch)
    except (ConfigError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise DataError(
            f"{where}: its arvd columns are garbled ({in_words(error)}); export the dataset again"
        ) from None
    return extras


def _entries(values: Any, kind: type[np.generic]) -> Any:
    entries = np.array(values, kind)
    if entries.shape != (ACTION_SIZE,):
        raise ValueError(f"{ACTION_SIZE} entries expected")
    return entries


def _default_name(index: int) -> str:
    return f"episode_{index:06d}"


def _whole(value: Any, where: str, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= _LARGEST:
        raise DataError(f"{where}: holds {value!r:.40} where a whole number from {least} on belongs; export it again")
    return value


def _seconds(value: Any, where: str) -> float:
    if type(value) not in (float, int) or not (math.isfinite(value) and 0 <= value < _LARGEST):
        raise DataError(f"{where}: begins {value!r:.40} seconds into its video; export the dataset again")
    return float(value)
