"""A LeRobot dataset in the layout of v2.1, as older tools wrote it: files of its own for every episode."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from model.footage.clip import Dataset
from model.footage.video import VideoWriter

CAMERA = "observation.images.front"
NAMES = ["yaw", "w", "jump", "gripper"]
TASKS = ("find a tree", "climb it")


def rows_of(count: int, seed: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Actions (t, 4) under `NAMES`, yaw in degrees."""
    rng = np.random.default_rng(seed)
    keys = rng.integers(0, 2, (count, 2))
    return np.column_stack([rng.uniform(-40, 40, count), keys, np.full(count, 77)]).astype(np.float32)


def write_v2(root: Path, footage: Dataset, clips: Sequence[int] = (0, 1, 2)) -> None:
    """The frames of some clips of `footage` with actions of their own; the second task begins at frame 5."""
    (root / "meta").mkdir(parents=True)
    lines = []
    for index, clip in enumerate(clips):
        count = footage.frame_counts[clip]
        data = root / f"data/chunk-000/episode_{index:06d}.parquet"
        video = root / f"videos/chunk-000/{CAMERA}/episode_{index:06d}.mp4"
        for path in (data, video):
            path.parent.mkdir(parents=True, exist_ok=True)
        columns = {
            "action": rows_of(count, index).tolist(),
            "timestamp": pa.array(np.arange(count) / footage.fps, pa.float32()),
            "frame_index": np.arange(count),
            "episode_index": np.full(count, index),
            "task_index": (np.arange(count) >= 5).astype(int),
        }
        pq.write_table(pa.table(columns), data)
        with VideoWriter(video, footage.size, footage.fps) as writer:
            for frames in footage.chunks(clip):
                writer.write(frames)
        lines.append({"episode_index": index, "tasks": list(TASKS), "length": count})
    write_lines(root / "meta/episodes.jsonl", lines)
    write_lines(root / "meta/tasks.jsonl", [{"task_index": i, "task": task} for i, task in enumerate(TASKS)])
    info = {
        "codebase_version": "v2.1",
        "fps": int(footage.fps),
        "chunks_size": 1000,
        "data_path": "data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet",
        "video_path": "videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4",
        "features": {
            "action": {"dtype": "float32", "shape": [4], "names": {"motors": NAMES}},
            CAMERA: {"dtype": "video", "shape": [*footage.size, 3], "names": ["height", "width", "channels"]},
        },
    }
    (root / "meta/info.json").write_text(json.dumps(info))


def write_lines(path: Path, tables: Sequence[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(table) + "\n" for table in tables))
