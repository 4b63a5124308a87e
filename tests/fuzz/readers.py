"""Every reader of footage: how a tiny valid dataset is made for it, and how one is opened and read through."""

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from model.actions import DEGREES_PER_UNIT, KEYS, MAX_CAMERA_DEGREES
from model.footage.clip import Dataset, Details, Prompt
from model.footage.folder import open_dataset
from model.footage.gf_minecraft import GFMinecraft
from tests.footage import make_frames, make_records, write_clip, write_video

_MOST_CHUNK = 64 << 20  # bytes of frames that a reader may hand on at once
FRAMES = 9
"""Of a clip."""


@dataclass(frozen=True)
class Reader:
    """One reader; `make` writes its dataset into an empty folder, `read` goes through all that one holds."""

    make: Callable[[Path], None]
    read: Callable[[Path], None]
    mend: Callable[[Path], None] = lambda folder: None
    """Makes the sums fit that vouch for the files of a folder, so that what is behind them is reached."""
    spared: tuple[str, ...] = ()
    """Files that are not mutated, by their endings: another reader is for them."""


def read_through(dataset: Dataset) -> None:
    """Ask a dataset for all that it has; what it gives has to be what its docstrings say."""
    names, counts, size = dataset.names, dataset.frame_counts, dataset.size
    assert len(names) == len(set(names)) == len(counts) > 0 and dataset.fps > 0
    for index, (name, count) in enumerate(zip(names, counts, strict=True)):
        assert name.isprintable() and not set(name) & {"/", "\\"}
        check_actions(dataset.actions(index), count)
        assert dataset.known(index).shape == (len(KEYS) + 2,)
        json.dumps(repr(dataset.details(index)), ensure_ascii=False).encode()
        seen = 0
        for frames in dataset.chunks(index):
            assert frames.dtype == np.uint8 and frames.shape[1:] == (*size, 3) and frames.nbytes <= _MOST_CHUNK
            seen += len(frames)
        assert seen == count
        dataset.digest(index), dataset.video(index), dataset.files(index)


def check_actions(actions: Any, count: int, most: float = MAX_CAMERA_DEGREES) -> None:
    """Action vectors are those of hands: keys 0 or 1, and no turn beyond `most` degrees."""
    assert actions.dtype == np.float32 and actions.shape == (count, len(KEYS) + 2)
    assert (
        np.isin(actions[:, :-2], (0, 1)).all() and (np.abs(actions[:, -2:]) * DEGREES_PER_UNIT <= most * 1.0001).all()
    )


def _make_gf(folder: Path) -> None:
    from model.footage.gf_clip import append_annotation, write_clip as write_ours  # noqa: I001 - two of one name

    write_clip(folder, "a", FRAMES)
    source = GFMinecraft(folder)
    details = Details(biome="forest", prompts=(Prompt(0, 5, "a wood"),), tags=("good",))
    places = np.cumsum(np.ones((FRAMES, 3)), 0)
    write_ours(
        folder,
        "b ü",
        source.chunks(0),
        source.actions(0),
        fps=source.fps,
        size=source.size,
        details=details,
        positions=places,
    )
    append_annotation(folder, "a", (Prompt(0, 4, "grass"), Prompt(4, FRAMES, 'a "hill", far')))


def _read_gf(folder: Path) -> None:
    dataset = GFMinecraft(folder, effective_jumps=True)
    read_through(dataset)
    for index in range(len(dataset.names)):
        dataset.detection(index)


def _make_archive(folder: Path) -> None:
    from tests.training.data.archives import footage_files, split, zipped

    data = zipped(footage_files(folder, ("a", "b")), "GF-Minecraft/data_2003")
    for path in sorted((folder / "made").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (folder / "made").rmdir()
    (folder / "sample.zip").write_bytes(data)
    split(data, folder / "data_2003", 2)


def _read_archive(folder: Path) -> None:
    from training.data.gf_archive import find_archives, unpack

    target = folder.with_name(f"{folder.name}-unpacked")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    before = set(folder.parent.iterdir())
    for archive in find_archives(folder):
        root = unpack(archive, target)
        assert all(path.suffix in (".json", ".mp4", ".csv") for path in root.rglob("*") if not path.is_dir())
    assert set(folder.parent.iterdir()) == before and {path.parent for path in target.rglob("*.zip")} == set()


def _make_vpt(folder: Path) -> None:
    from tests.model.footage.recordings import make_line, write_recording

    lines = [
        make_line(t, dx=float(t), dy=-2.5, keys=["key.keyboard.w"] * (t % 2), buttons=[0, 1][: t % 3])
        for t in range(30)
    ]
    write_recording(folder, "a", lines)
    write_recording(folder / "more", "b ü", [{**line, "isGuiOpen": t > 22} for t, line in enumerate(lines)])


def _read_vpt(folder: Path) -> None:
    from model.footage.vpt import VPT

    read_through(VPT(folder, shortest=3))


def _make_replays(folder: Path) -> None:
    from tests.replays import write_replay

    write_replay(folder / "20260102-030405-tiny", FRAMES)
    write_replay(folder / "20260102-030406-tiny ü", FRAMES, lost=(4,), seed=1)


def _read_replays(folder: Path) -> None:
    from model.footage.replays import Replays

    read_through(Replays(folder))


def _make_edits(folder: Path) -> None:
    from model.footage.edits import Edit, write_edits

    for seed, name in enumerate(("a", "b ü")):
        write_clip(folder, name, FRAMES, seed)
    write_edits(
        folder, {"a": Edit(first=1, last=6, tags=("good", "dark wood")), "b ü": Edit(last=3), "gone": Edit(first=2)}
    )


def _read_edits(folder: Path) -> None:
    read_through(open_dataset(folder))


def _make_lerobot(folder: Path) -> None:
    from training.data.lerobot_writer import write_lerobot

    source = folder.with_name(f"{folder.name}-source")
    _make_gf(source)
    write_lerobot(GFMinecraft(source), folder)


@cache
def _parquet_reader() -> Any:
    """One process for all datasets, as one dataset has it for all its files: starting it takes half a second."""
    from training.data.isolated import IsolatedReader

    return IsolatedReader("parquet")


def _read_lerobot(folder: Path) -> None:
    from training.data import lerobot

    lerobot.IsolatedReader = lambda kind: _parquet_reader()  # type: ignore[assignment] # see there
    dataset = lerobot.LeRobot(folder)
    read_through(dataset)


def _make_lmdb(folder: Path) -> None:
    from tests.training.data.lmdb_files import clips, write_lmdb
    from training.data.lmdb_writer import export_lmdb

    source = folder.with_name(f"{folder.name}-source")
    _make_latents(source)
    export_lmdb(source, folder)
    write_lmdb(folder / "theirs", clips(2))


def _read_lmdb(folder: Path) -> None:
    from training.data.lmdb_rows import Shard, shards

    for path in shards(folder):
        with Shard(path) as shard:
            shard.notes()
            for row in shard.read("post"):
                assert len(row.latents) == len(row.actions) and np.isfinite(row.latents).all()
                check_actions(row.actions, len(row.latents), 64 * MAX_CAMERA_DEGREES)


def _make_shards(folder: Path) -> None:
    from training.data.webdataset_writer import write_webdataset

    source = folder.with_name(f"{folder.name}-source")
    _make_gf(source)
    write_webdataset(GFMinecraft(source), folder)


def _make_bare_shards(folder: Path) -> None:
    _make_shards(folder)
    (folder / "index.json").unlink()
    (folder / "actions.f32").unlink()


def _read_shards(folder: Path) -> None:
    from training.data.file_cache import FileCache
    from training.data.store import LocalStore
    from training.data.webdataset import WebDataset

    read_through(WebDataset(LocalStore(folder), FileCache(folder.with_name(f"{folder.name}-cache"), 1 << 28)))


def _mend_shards(folder: Path) -> None:
    """Let the index of tar shards vouch for what they hold now."""
    index = json.loads((folder / "index.json").read_bytes())
    index["actions_sha256"] = hashlib.sha256((folder / "actions.f32").read_bytes()).hexdigest()
    for clip in index["clips"]:
        video = (folder / str(clip["shard"])).read_bytes()[clip["start"] :][: clip["size"]]
        clip["sha256"] = hashlib.sha256(video).hexdigest()
    (folder / "index.json").write_text(json.dumps(index))


def _make_videos(folder: Path) -> None:
    (folder / "more ü").mkdir()
    for seed, name in enumerate(("a b.mp4", "more ü/c.mkv", "d.webm", "e.avi")):
        if name.endswith(".webm"):
            continue
        write_video(folder / name, make_frames(make_records(FRAMES, seed), seed))


@cache
def _turns() -> Any:
    import torch

    from tests.training.metrics.readers import turn_reader
    from training.inverse_dynamics import TrainedOn

    torch.set_num_threads(1)
    model = turn_reader()
    model.trained_on = TrainedOn(dataset="0" * 64, clips=1, frames=24, steps=1, fps=16.0)
    return model


def _read_videos(folder: Path) -> None:
    from training.data.video_folder import VideoFolder

    read_through(VideoFolder(folder, _turns()))


def _make_latents(folder: Path) -> None:
    import torch

    from training.data.shards import Index, write_index, write_shard

    made = torch.Generator().manual_seed(0)
    entries = []
    for clip in "ab":
        latents = torch.randn((FRAMES, 4, 4, 6), generator=made).half()
        actions = torch.zeros(FRAMES, len(KEYS) + 2)
        actions[1:, 0], actions[1:, -1] = 1, 0.5
        digest = hashlib.sha256(clip.encode()).hexdigest()
        entries.append(write_shard(folder, clip, digest, "a" * 64, [latents], actions))
    write_index(folder, Index("a" * 64, 16.0, (32, 48), True, tuple(entries)))


def _read_latents(folder: Path) -> None:
    from training.data.latents import LatentCache

    cached = LatentCache.open(folder, "a" * 64)
    assert len(cached.names) == len(set(cached.names)) and cached.fps > 0 and min(cached.size) > 0
    for count, clip in zip(cached.frame_counts, cached.clips, strict=True):
        assert clip.latents.shape[0] == count and clip.latents.ndim == 4 and clip.latents.float().isfinite().all()
        check_actions(clip.actions.numpy(), count, 64 * MAX_CAMERA_DEGREES)
        assert clip.poses.isfinite().all()


def _mend_latents(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_bytes())
    for entry in index["clips"]:
        entry["sha256"] = hashlib.sha256((folder / str(entry["shard"])).read_bytes()).hexdigest()
    (folder / "index.json").write_text(json.dumps(index))


READERS: Mapping[str, Reader] = {
    "gf-minecraft": Reader(_make_gf, _read_gf),
    "gf-archive": Reader(_make_archive, _read_archive),
    "vpt": Reader(_make_vpt, _read_vpt),
    "replays": Reader(_make_replays, _read_replays, spared=(".png",)),
    "edits": Reader(_make_edits, _read_edits, spared=(".json", ".mp4")),
    "lerobot": Reader(_make_lerobot, _read_lerobot),
    "lmdb": Reader(_make_lmdb, _read_lmdb),
    "webdataset": Reader(_make_shards, _read_shards, _mend_shards),
    "webdataset-bare": Reader(_make_bare_shards, _read_shards),
    "video-folder": Reader(_make_videos, _read_videos),
    "latents": Reader(_make_latents, _read_latents, _mend_latents),
}
