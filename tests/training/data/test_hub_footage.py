"""Footage on the hub, read clip by clip by the hub's own client from a server on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from huggingface_hub import constants

from model.errors import DataError
from model.footage.clip import Dataset
from model.footage.gf_minecraft import GFMinecraft
from tests.footage import write_clip, write_video
from training.data.address import open_remote
from training.data.file_cache import FileCache
from training.data.hub_footage import HubFootage
from training.data.store import RemoteStore, open_store
from training.data.webdataset_writer import write_webdataset

from .servers import FileServer, HubServer, serving

ADDRESS = "hf://datasets/someone/walks"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FileServer]]:
    """A hub whose dataset someone/walks holds the files of `tmp_path / "hub"`."""
    (tmp_path / "hub").mkdir()
    with serving(HubServer, tmp_path / "hub") as (url, server):
        monkeypatch.setattr(constants, "ENDPOINT", url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "platform"))
        yield server


def opened(tmp_path: Path, folder: str = "", most_bytes: int = 1 << 20) -> HubFootage:
    return HubFootage(open_store(ADDRESS + folder), FileCache(tmp_path / "cache", most_bytes))


def same(dataset: Dataset, source: GFMinecraft) -> None:
    assert dataset.names == source.names and dataset.frame_counts == source.frame_counts
    assert (dataset.fps, dataset.size) == (source.fps, source.size)
    for i in range(len(source.names)):
        clip, expected = dataset.read(i), source.read(i)
        assert np.array_equal(clip.frames, expected.frames) and clip.actions.tobytes() == expected.actions.tobytes()
        assert np.array_equal(clip.known, expected.known) and dataset.details(i) == source.details(i)


@pytest.mark.parametrize("flat", [True, False])
def test_a_repository_reads_like_its_files(flat: bool, hub: type[FileServer], tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b é.1 #?", "c%20")):
        write_clip(tmp_path / "hub" / "deep er", name, 12 + seed, seed, flat=flat)
    (tmp_path / "hub" / "README.md").write_text("hello")
    (tmp_path / "hub" / "deep er" / "annotation.csv").write_text(
        "Original video name,Start frame index,End frame index,Prompt\na.mp4,0,9,a wall\n"
    )
    same(opened(tmp_path), GFMinecraft(tmp_path / "hub"))
    same(opened(tmp_path, "@v1/deep er"), GFMinecraft(tmp_path / "hub" / "deep er"))


def test_only_what_is_asked_for_is_fetched_and_only_once(hub: type[FileServer], tmp_path: Path) -> None:
    for seed, name in enumerate("abc"):
        write_clip(tmp_path / "hub", name, 12, seed)
    dataset = opened(tmp_path)
    digests = [dataset.digest(i) for i in range(3)]
    assert dataset.names == ("a", "b", "c") and len(set(digests)) == 3 and not hub.asked
    assert len(dataset.actions(1)) == 12
    assert [name for name, _ in hub.asked] == ["metadata/b.json"]
    dataset.read(1)
    assert [name for name, _ in hub.asked][1:] == ["video/a.mp4", "video/b.mp4"]  # the first tells the size
    hub.asked.clear()
    assert opened(tmp_path).read(1).actions.tobytes() == dataset.actions(1).tobytes()
    assert not hub.asked
    write_clip(tmp_path / "hub", "b", 13, seed=7)
    changed = opened(tmp_path)
    assert [changed.digest(i) == digests[i] for i in range(3)] == [True, False, True]
    assert len(changed.read(1)) == 13


def test_the_cache_stays_within_its_bound(hub: type[FileServer], tmp_path: Path) -> None:
    for seed, name in enumerate("abc"):
        write_clip(tmp_path / "hub", name, 12, seed)
    bound = 2 * max(path.stat().st_size for path in (tmp_path / "hub" / "video").iterdir())
    dataset = opened(tmp_path, most_bytes=bound)
    for i in (0, 1, 2, 0):
        dataset.read(i)
        assert sum(path.stat().st_size for path in (tmp_path / "cache").iterdir()) <= bound


def test_metadata_of_all_clips_comes_at_the_same_time(
    hub: type[FileServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate("abcd"):
        write_clip(tmp_path / "hub", name, 12 + seed, seed)
    dataset, together, read = opened(tmp_path), Barrier(4), RemoteStore.read

    def meet(store: RemoteStore, name: str, start: int, size: int) -> bytes:
        together.wait(20)  # broken unless four ask at once
        return read(store, name, start, size)

    monkeypatch.setattr(RemoteStore, "read", meet)
    assert dataset.frame_counts == (12, 13, 14, 15)


def test_nothing_is_fetched_before_the_first_frames_are_asked_for(hub: type[FileServer], tmp_path: Path) -> None:
    for seed, name in enumerate("ab"):
        write_clip(tmp_path / "hub", name, 12, seed)
    chunks = opened(tmp_path).chunks(1)
    assert not hub.asked
    assert len(next(chunks)) and "video/b.mp4" in dict(hub.asked)


def test_two_splits_with_a_clip_of_one_name(hub: type[FileServer], tmp_path: Path) -> None:
    for seed, split in enumerate(("data_2003", "data_269")):
        write_clip(tmp_path / "hub" / split, "walk", 12, seed)
    same(opened(tmp_path), GFMinecraft(tmp_path / "hub"))


def test_faults_are_named(hub: type[FileServer], tmp_path: Path) -> None:
    for seed, name in enumerate("abc"):
        write_clip(tmp_path / "hub", name, 12, seed)
    (tmp_path / "hub" / "metadata" / "b.json").write_text("{")
    video = (tmp_path / "hub" / "video" / "c.mp4").read_bytes()
    (tmp_path / "hub" / "video" / "c.mp4").write_bytes(video[: len(video) // 2])
    dataset = opened(tmp_path)
    with pytest.raises(DataError, match=r"hf://datasets/someone/walks/metadata/b\.json: .*not readable as JSON"):
        dataset.actions(1)
    with pytest.raises(DataError):
        dataset.read(2)
    write_video(tmp_path / "hub" / "video" / "c.mp4", np.zeros((12, 16, 16, 3), np.uint8))
    with pytest.raises(DataError, match=r"walks/video/c\.mp4: is 16x16, other clips are 48x32; keep one size"):
        opened(tmp_path).read(2)
    (tmp_path / "hub" / "video" / "c.mp4").unlink()
    with pytest.raises(DataError, match=r"walks: video/c\.mp4 is missing; restore it or remove metadata/c\.json"):
        opened(tmp_path)


def test_tar_shards_are_streamed_too(hub: type[FileServer], shared_footage: Path, tmp_path: Path) -> None:
    write_webdataset(GFMinecraft(shared_footage), tmp_path / "hub" / "tars", shard_bytes=1)
    for _ in range(2):
        same(open_remote(f"{ADDRESS}/tars"), GFMinecraft(shared_footage))
        (tmp_path / "hub" / "tars" / "index.json").unlink(missing_ok=True)  # and without our index
    assert all(range_ for _, range_ in hub.asked)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("hf://datasets/someone/nothing", r"nothing: could not be fetched \(.*\); check the name and the connection"),
        (f"{ADDRESS}@v9", r"walks@v9: could not be fetched"),
        (f"{ADDRESS}/nowhere", "walks/nowhere: holds no clips; expected metadata"),
        ("hf://datasets/one", "is no address of a dataset; write hf://datasets/organisation/repository"),
        ("hf://someone/walks", "is no address of a dataset"),
        ("hf://datasets/../walks", "is no address of a dataset"),
        ("hf://datasets/someone/walks@../x", "is no address of a dataset"),
        ("hf://datasets/someone/walks/../../other", "is no address of a dataset"),
    ],
)
def test_wrong_addresses_are_said(address: str, complaint: str, hub: type[FileServer]) -> None:
    with pytest.raises(DataError, match=complaint):
        open_remote(address)


def test_the_endpoint_of_the_environment_is_asked(tmp_path: Path) -> None:
    write_clip(tmp_path / "hub", "a", 12)
    code = (
        "from training.data.address import open_remote\n"
        f"dataset = open_remote({ADDRESS!r})\n"
        "assert dataset.read(0).frames.shape == (12, 32, 48, 3) and dataset.fps == 16"
    )
    with serving(HubServer, tmp_path / "hub") as (url, _):
        environment = {**os.environ, "HF_ENDPOINT": url, "XDG_CACHE_HOME": str(tmp_path), "HF_HOME": str(tmp_path)}
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=environment)
    assert list((tmp_path / "arvd" / "footage").iterdir())
