"""Tiny footage in GF-Minecraft layout: a textured wall that shifts by one pixel per degree of yaw."""

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

HEIGHT, WIDTH, FPS = 32, 48, 16
_WALL = 4096


def make_records(count: int, seed: int) -> list[dict[str, Any]]:
    """Actions of a clip as the layout stores them; entry 0 is neutral, whole degrees of yaw."""
    rng = np.random.default_rng(seed)
    records: list[dict[str, Any]] = [{"ws": 0, "ad": 0, "scs": 0, "pitch_delta": 0.0, "yaw_delta": 0.0}]
    for _ in range(count - 1):
        ws, ad, scs = (int(rng.integers(n)) for n in (3, 3, 4))
        yaw = int(rng.integers(-4, 5)) / 15
        records.append({"ws": ws, "ad": ad, "scs": scs, "pitch_delta": 0.0, "yaw_delta": yaw})
    return records


def make_frames(records: Sequence[dict[str, Any]], seed: int) -> npt.NDArray[np.uint8]:
    """What a camera sees that turns as `records` say: (t, h, w, 3)."""
    rng = np.random.default_rng(seed)
    wall = rng.uniform(0, 255, (HEIGHT // 4, _WALL // 4, 3)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
    turned = np.round(np.cumsum([record["yaw_delta"] * 15 for record in records])).astype(int)
    return np.stack([wall[:, np.arange(_WALL // 2, _WALL // 2 + WIDTH) + shift] for shift in turned])


def write_video(path: Path, frames: npt.NDArray[np.uint8], fps: int = FPS) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps), options={"crf": "10", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv444p"
        stream.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())


def write_metadata(path: Path, records: Sequence[dict[str, Any]]) -> None:
    actions = {str(k): record for k, record in enumerate(records)}
    path.write_text(json.dumps({"biome": "plains", "actions": actions}))


def write_hops(root: Path, *, factor: int = 1, extra_width: int = 0, count: int = 24) -> list[float]:
    """A clip `hops` as GameFactory recorded it, every pixel `factor` times each way, with more pixels left and right.

    Jump is down in half of the frames, of which few rise; returns its column once those that did nothing are dropped.
    """
    records = make_records(count, 0)
    rises = [k % 6 == 3 for k in range(count)]
    for k, record in enumerate(records):
        height = 70.5 if rises[k] else 70.0
        record |= {"scs": int(k % 6 >= 3), "pos": [0.2 * k, height, 0.0]}
    for folder in ("metadata", "video"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    write_metadata(root / "metadata" / "hops.json", records)
    frames = make_frames(records, 0).repeat(factor, 1).repeat(factor, 2)
    wide = np.pad(frames, ((0, 0), (0, 0), (extra_width // 2, extra_width // 2), (0, 0)))
    write_video(root / "video" / "hops.mp4", wide)
    return [float(rise) for rise in rises]


def write_clip(root: Path, name: str, count: int = 24, seed: int = 0, *, flat: bool = False) -> None:
    """Add one clip to the dataset in `root`."""
    metadata, video = (root, root) if flat else (root / "metadata", root / "video")
    metadata.mkdir(parents=True, exist_ok=True)
    video.mkdir(parents=True, exist_ok=True)
    records = make_records(count, seed)
    write_metadata(metadata / f"{name}.json", records)
    write_video(video / f"{name}.mp4", make_frames(records, seed))
