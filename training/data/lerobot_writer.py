"""Writer of LeRobotDataset v3: few large files of many episodes each, and tables that say where each lies.

What LeRobot calls an action is what was done on seeing a frame (pre-action): its row k is our row k+1. No action of
ours belongs to the last frame, so the last row is neutral. Action vectors stand there as they are, their numbers named
in `info.json`. What LeRobot has no word for is kept in columns of our own in the table of episodes, which its reader
passes over: names, what was recorded, our row 0, the details and where the camera looks as a clip begins, so that
reading gives back the same bits.
"""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from model.actions import ACTION_SIZE
from model.errors import DataError, RunError
from model.files import finished_file, write_atomically
from model.footage.clip import Actions, Dataset, Details
from model.footage.untrusted import plain_name
from model.footage.video import Encoding, VideoWriter

from .extras import needed
from .filling import FILES_PER_CHUNK, FillingFiles
from .lerobot_actions import NAMES
from .lerobot_stats import Moments, moments, picture_moments

with needed("pyarrow"):
    import pyarrow as pa
    import pyarrow.parquet as pq

CAMERA = "observation.images.main"
"""Name of the feature that holds the pictures."""
DATA_BYTES, VIDEO_BYTES = 100 << 20, 200 << 20
"""Sizes that files are meant to reach: LeRobot's own."""
VIDEO_SECONDS = 1024
"""Longest video of several episodes: LeRobot compares times in single precision to 0.1 ms, which ends there."""

_PLACE = "chunk-{chunk_index:03d}/file-{file_index:03d}"
_COUNTERS = ("frame_index", "episode_index", "index", "task_index")
_ROWS = pa.schema(
    [
        ("action", pa.list_(pa.float32(), ACTION_SIZE)),
        ("timestamp", pa.float32()),
        *((name, pa.int64()) for name in _COUNTERS),
    ]
)
_INDEXED_BY_TASK = {
    # for pandas, which LeRobot reads tasks with: the texts are the index of the table
    "index_columns": ["task"],
    "column_indexes": [],
    "columns": [
        {"name": name, "field_name": name, "pandas_type": kind, "numpy_type": numpy, "metadata": None}
        for name, kind, numpy in (("task_index", "int64", "int64"), ("task", "unicode", "object"))
    ],
    "pandas_version": "2.0.0",
}


def write_lerobot(
    dataset: Dataset, folder: Path, advance: Callable[[], None] = lambda: None, *, encoding: Encoding | None = None
) -> None:
    """Write every clip as an episode; `meta/info.json` comes last, so a dataset that has it is whole.

    Tasks are the prompts of the frames, or name the biome. Videos are `encoding`: H.264 4:4:4 by default, which LeRobot
    reads; 4:2:0 is what every browser shows too. `advance` is called once per clip.

    Raises:
        DataError: when `folder` is not empty, or a clip cannot be read or written so.
        RunError: when the disk cannot take it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: is not empty; choose another folder or remove it")
    encoding = encoding or Encoding()
    if encoding.pixels == "yuv420p" and any(side % 2 for side in dataset.size):
        height, width = dataset.size
        raise DataError(f"{width}x{height}: 4:2:0 video has even sides only; resize the footage or take 4:4:4")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _Export(dataset, folder, encoding) as export:
            for index in range(len(dataset.names)):
                export.add(index)
                advance()
        export.write_meta()
    except OSError as error:
        raise RunError(f"{folder}: could not be written ({error.strerror}); make room or choose another") from error


class _Export(ExitStack):
    """A dataset on its way into `folder`; a context manager that finishes the files that are open."""

    def __init__(self, dataset: Dataset, folder: Path, encoding: Encoding) -> None:
        super().__init__()
        self._dataset, self._folder, self._encoding = dataset, folder, encoding
        self._data = FillingFiles[Any](
            folder / "data", ".parquet", lambda path: pq.ParquetWriter(path, _ROWS), most_bytes=DATA_BYTES
        )
        self._videos = FillingFiles[VideoWriter](
            folder / "videos" / CAMERA,
            ".mp4",
            lambda path: VideoWriter(path, dataset.size, dataset.fps, encoding, container="mp4"),
            most_bytes=VIDEO_BYTES,
            most_frames=VIDEO_SECONDS * dataset.fps,
        )
        self.enter_context(self._data)
        self.enter_context(self._videos)
        self._tasks: dict[str, int] = {}
        self._episodes: list[dict[str, Any]] = []
        self._totals: dict[str, Moments] = {}
        self._frames = 0

    def add(self, index: int) -> None:
        """Write one clip: its frames, its rows, and what the table of episodes says of it."""
        actions, details = self._dataset.actions(index), self._dataset.details(index)
        name = plain_name(self._dataset.names[index], str(self._folder))
        count, tasks = len(actions), self._tasks_of(details, len(actions))
        rows: dict[str, npt.NDArray[Any]] = {
            "action": _pre_actions(actions),
            "timestamp": (np.arange(count) / self._dataset.fps).astype(np.float32),
            "frame_index": np.arange(count),
            "episode_index": np.full(count, index),
            "index": np.arange(self._frames, self._frames + count),
            "task_index": tasks,
        }
        found = {feature: moments(values) for feature, values in rows.items()}
        found[CAMERA] = self._write_video(index, count, name)
        for feature, one in found.items():
            self._totals[feature] = self._totals[feature] + one if feature in self._totals else one
        begin = self._videos.frames / self._dataset.fps
        self._videos.frames += count
        columns = [pa.array(rows["action"].ravel()), *(pa.array(rows[name]) for name in _ROWS.names[1:])]
        columns[0] = pa.FixedSizeListArray.from_arrays(columns[0], ACTION_SIZE)
        self._data.writer_for(count).write_table(pa.Table.from_arrays(columns, schema=_ROWS))
        self._data.frames += count
        texts = list(self._tasks)
        self._episodes.append(
            {
                "episode_index": index,
                "tasks": [texts[task] for task in sorted(set(tasks.tolist()))],
                "length": count,
                **{f"data/{key}": value for key, value in self._data.place.items()},
                "dataset_from_index": self._frames,
                "dataset_to_index": self._frames + count,
                **{f"videos/{CAMERA}/{key}": value for key, value in self._videos.place.items()},
                f"videos/{CAMERA}/from_timestamp": begin,
                f"videos/{CAMERA}/to_timestamp": self._videos.frames / self._dataset.fps,
                **{
                    f"stats/{feature}/{key}": value
                    for feature, one in found.items()
                    for key, value in one.table(count).items()
                },
                "meta/episodes/chunk_index": 0,
                "meta/episodes/file_index": 0,
                "arvd/name": name,
                "arvd/known": self._dataset.known(index).tolist(),
                "arvd/first_action": actions[0].tolist(),
                "arvd/details": json.dumps(asdict(details)),
                "arvd/pitch": self._dataset.pitch(index),
            }
        )
        self._frames += count

    def _write_video(self, index: int, count: int, name: str) -> Moments:
        """Append the frames of a clip, the first of them as a keyframe, and return what they hold."""
        writer = self._videos.writer_for(count)
        written, total = 0, None
        for frames in self._dataset.chunks(index):
            writer.write(frames, keyframe=written == 0)
            written += len(frames)
            one = picture_moments(frames)
            total = one if total is None else total + one
        if total is None or written != count:
            raise DataError(f"{name}: has {written} frames, {count} actions; export the clip again or remove it")
        return total

    def _tasks_of(self, details: Details, count: int) -> npt.NDArray[np.int64]:
        """Number of each frame's task (t,); the first prompt that speaks of a frame is its task."""
        texts = [f"play in the {details.biome}" if details.biome else "play"]
        painted = np.zeros(count, np.int64)
        for prompt in reversed(details.prompts):
            if prompt.text:
                painted[max(0, prompt.start) : max(0, prompt.end)] = len(texts)
                texts.append(prompt.text)
        for used in np.unique(painted):
            self._tasks.setdefault(texts[used], len(self._tasks))
        return np.array([self._tasks.get(text, 0) for text in texts])[painted]

    def write_meta(self) -> None:
        """Write the tables and statistics, then `info.json`."""
        if not self._episodes:
            raise DataError(f"{self._folder}: no clip was written; choose a dataset that holds some")
        meta = self._folder / "meta"
        tasks = {"task_index": list(self._tasks.values()), "task": list(self._tasks)}
        noted = pa.table(tasks).replace_schema_metadata({"pandas": json.dumps(_INDEXED_BY_TASK)})
        _write_table(meta / "tasks.parquet", noted)
        episodes = meta / "episodes" / f"{_PLACE.format(chunk_index=0, file_index=0)}.parquet"
        _write_table(episodes, pa.Table.from_pylist(self._episodes))
        stats = {feature: one.table(self._frames) for feature, one in self._totals.items()}
        write_atomically(meta / "stats.json", (json.dumps(stats, indent=4) + "\n").encode())
        write_atomically(meta / "info.json", (json.dumps(self._info(), indent=4) + "\n").encode())

    def _info(self) -> dict[str, Any]:
        fps = self._dataset.fps
        rate = int(fps) if fps == int(fps) else fps
        height, width = self._dataset.size
        video = {
            "video.height": height,
            "video.width": width,
            "video.codec": "h264",
            "video.pix_fmt": self._encoding.pixels,
            "video.is_depth_map": False,
            "video.fps": rate,
            "video.channels": 3,
            "has_audio": False,
        }
        pictures = {
            "dtype": "video",
            "shape": [height, width, 3],
            "names": ["height", "width", "channels"],
            "info": video,
        }
        return {
            "codebase_version": "v3.0",
            "robot_type": None,
            "total_episodes": len(self._episodes),
            "total_frames": self._frames,
            "total_tasks": len(self._tasks),
            "chunks_size": FILES_PER_CHUNK,
            "data_files_size_in_mb": DATA_BYTES >> 20,
            "video_files_size_in_mb": VIDEO_BYTES >> 20,
            "fps": rate,
            "splits": {"train": f"0:{len(self._episodes)}"},
            "data_path": f"data/{_PLACE}.parquet",
            "video_path": f"videos/{{video_key}}/{_PLACE}.mp4",
            "features": {
                "action": {"dtype": "float32", "shape": [ACTION_SIZE], "names": list(NAMES)},
                CAMERA: pictures,
                "timestamp": {"dtype": "float32", "shape": [1], "names": None},
                **{name: {"dtype": "int64", "shape": [1], "names": None} for name in _COUNTERS},
            },
        }


def _pre_actions(actions: Actions) -> Actions:
    """Move each action to the frame on which it was done; the last frame has none, which is neutral."""
    moved = np.zeros_like(actions)
    moved[:-1] = actions[1:]
    return moved


def _write_table(path: Path, table: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with finished_file(path) as unfinished:
        pq.write_table(table, unfinished)
