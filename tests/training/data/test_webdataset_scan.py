"""Shards that came without our index."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.data.file_cache import FileCache
from training.data.tar_shards import ShardWriter
from training.data.webdataset import WebDataset
from training.data.webdataset_writer import write_webdataset

from .test_tar_shards import mutated


@pytest.fixture
def video(shared_footage: Path) -> bytes:
    """24 frames."""
    return (shared_footage / "video" / "a.mp4").read_bytes()


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


ACTIONS = np.zeros((24, 11), np.float32)
ACTIONS[1:, 10] = np.linspace(-0.3, 0.4, 23)


def write(folder: Path, shard: str, files: dict[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    writer = ShardWriter(folder / shard)
    for name, data in files.items():
        writer.add(name, io.BytesIO(data), len(data))
    writer.close()
    return folder


def read(folder: Path) -> WebDataset:
    return WebDataset(str(folder), FileCache(folder.parent / "cache"))


def test_samples_that_the_webdataset_package_wrote_are_clips(video: bytes, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    (tmp_path / "theirs").mkdir()
    with webdataset.ShardWriter(f"file:{tmp_path}/theirs/part-%02d.tar", maxcount=1, verbose=0) as sink:
        for k in range(2):
            sink.write({"__key__": f"walk{k}", "mp4": video, "actions.npy": ACTIONS * k, "json": {"biome": "plains"}})
    dataset = read(tmp_path / "theirs")
    assert dataset.names == ("walk0", "walk1") and dataset.frame_counts == (24, 24) and dataset.size == (32, 48)
    assert dataset.actions(1).tobytes() == ACTIONS.tobytes() and dataset.details(0).biome == "plains"
    assert dataset.read(1).frames.shape == (24, 32, 48, 3)
    assert dataset.digest(0) != dataset.digest(1)


def test_metadata_in_gf_minecraft_layout_gives_actions_and_details(shared_footage: Path, tmp_path: Path) -> None:
    source = GFMinecraft(shared_footage)
    files = {}
    for name in source.names:
        for folder, ending in (("video", "mp4"), ("metadata", "json")):
            files[f"{name}.{ending}"] = (shared_footage / folder / f"{name}.{ending}").read_bytes()
    dataset = read(write(tmp_path / "theirs", "all.tar", files))
    assert dataset.names == source.names
    for i in range(3):
        assert dataset.actions(i).tobytes() == source.actions(i).tobytes()
        assert np.array_equal(dataset.known(i), source.known(i)) and dataset.details(i) == source.details(i)


def test_numbers_of_other_kinds_are_taken_and_the_first_row_is_neutral(video: bytes, tmp_path: Path) -> None:
    rows = np.ones((24, 11), np.int8)
    dataset = read(write(tmp_path / "theirs", "a.tar", {"a.mp4": video, "a.actions.npy": npy(rows)}))
    assert dataset.actions(0).dtype == np.float32
    assert not dataset.actions(0)[0].any() and (dataset.actions(0)[1:] == 1).all()


@pytest.mark.parametrize(
    ("actions", "complaint"),
    [
        (npy(np.array([{"a": 1}], object)), "object"),
        (npy(ACTIONS[:, :10]), r"\(24, 10\)"),
        (npy(ACTIONS)[:-4], "states another length"),
        (npy(ACTIONS).replace(b"(24, 11)", b"(99, 11)"), "states another length"),
        (npy(np.full((24, 11), np.nan, np.float32)), "keys are neither"),
        (npy(ACTIONS * 1e6), "turns the camera by more than 180 degrees"),
        (npy(np.where(np.arange(11) == 9, np.inf, ACTIONS)), "turns the camera"),
        (npy(ACTIONS + 0.5), "keys are neither 0 nor 1"),
        (b"", "not readable"),
        (npy(ACTIONS).replace(b"(24, 11), }", b"(24, 11),  "), "not readable"),
        (b"\x93NUMPY\x09\x00", "not readable"),
    ],
)
def test_garbled_actions_are_refused_by_name(actions: bytes, complaint: str, video: bytes, tmp_path: Path) -> None:
    folder = write(tmp_path / "theirs", "a.tar", {"walk.mp4": video, "walk.actions.npy": actions})
    with pytest.raises(DataError, match=rf"a\.tar: clip 'walk': .*{complaint}"):
        read(folder)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({"walk.json": b"{}"}, "clip 'walk': has no actions"),
        ({"walk.json": b"{"}, "walk.json is not readable as JSON"),
        ({"walk.json": b"[" * 100_000}, "walk.json is not readable as JSON"),
        ({"walk.json": b"[1]"}, "it is no table"),
        ({"walk.json": b'{"actions": {"0": 5}}'}, "clip 'walk': action \"0\" is not a table"),
        ({"walk.json": json.dumps({"name": "../up"}).encode(), "walk.actions.npy": npy(ACTIONS)}, "no name of a file"),
        ({"walk.actions.npy": npy(ACTIONS), "b.mp4": b"", "b.actions.npy": npy(ACTIONS)}, "its video has 0 bytes"),
        ({"walk.actions.npy": npy(ACTIONS), "b.txt": b"", "WALK.mp4": b"x"}, "clip 'WALK': has no actions"),
    ],
)
def test_samples_that_are_no_clips_are_refused_by_name(
    files: dict[str, bytes], complaint: str, video: bytes, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=complaint):
        read(write(tmp_path / "theirs", "a.tar", {"walk.mp4": video} | files))


def test_two_clips_of_one_name_are_refused(video: bytes, tmp_path: Path) -> None:
    for shard in ("a.tar", "b.tar"):
        write(tmp_path / "theirs", shard, {"walk.mp4": video, "walk.actions.npy": npy(ACTIONS)})
    with pytest.raises(DataError, match=r"b\.tar: a\.tar holds a clip 'walk' too"):
        read(tmp_path / "theirs")


def test_shards_without_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="its shards hold no clips"):
        read(write(tmp_path / "theirs", "a.tar", {"readme.txt": b"hello"}))


def test_a_link_that_leads_out_is_refused(video: bytes, tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "a.tar", {"walk.mp4": video, "walk.actions.npy": npy(ACTIONS)})
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "a.tar").symlink_to(tmp_path / "elsewhere" / "a.tar")
    with pytest.raises(DataError, match="leads out of"):
        read(tmp_path / "theirs")


def test_any_damage_is_a_data_error_or_harmless(shared_footage: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_webdataset(GFMinecraft(shared_footage), folder)
    (folder / "index.json").unlink()
    shard = folder / "shard-000000.tar"
    pristine = shard.read_bytes()
    for seed in range(150):
        shard.write_bytes(mutated(pristine, seed))
        try:
            dataset = read(folder)
            for i in range(len(dataset.names)):
                assert np.isfinite(dataset.actions(i)).all()
                dataset.read(i)
        except DataError:
            continue
