"""Clips out of tar shards, near and far, ours and others'."""

import io
import json
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from model.footage.gf_minecraft import GFMinecraft
from training.data import store as store_module
from training.data.ahead import decoded_clips
from training.data.file_cache import FileCache
from training.data.webdataset import WebDataset
from training.data.webdataset_writer import write_webdataset

from .servers import FileServer, serving


@pytest.fixture(scope="module")
def written(shared_footage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of a server; the shards lie in `walks/`, one clip in each. Do not write into it."""
    root = tmp_path_factory.mktemp("served")
    write_webdataset(GFMinecraft(shared_footage), root / "walks", shard_bytes=1)
    return root


def copied(written: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "walks"
    folder.mkdir()
    for path in (written / "walks").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def same(dataset: WebDataset, source: GFMinecraft) -> None:
    assert dataset.names == source.names and dataset.frame_counts == source.frame_counts
    assert (dataset.fps, dataset.size) == (source.fps, source.size)
    for i in range(len(source.names)):
        clip, expected = dataset.read(i), source.read(i)
        assert np.array_equal(clip.frames, expected.frames) and clip.actions.tobytes() == expected.actions.tobytes()
        assert dataset.details(i) == source.details(i) and np.array_equal(dataset.known(i), source.known(i))


def test_clips_come_over_the_network_one_by_one(written: Path, shared_footage: Path, tmp_path: Path) -> None:
    with serving(FileServer, written) as (url, server):
        dataset = WebDataset(f"{url}/walks", FileCache(tmp_path))
        assert sum(len(dataset.actions(i)) for i in range(3)) == 75
        assert [name for name, _ in server.asked] == ["walks/index.json", "walks/actions.f32"]
        server.asked.clear()
        clip = json.loads((written / "walks" / "index.json").read_text())["clips"][1]
        dataset.read(1)
        last = clip["start"] + clip["size"] - 1
        assert server.asked == [("walks/shard-000001.tar", f"bytes={clip['start']}-{last}")]
        same(dataset, GFMinecraft(shared_footage))
        server.asked.clear()
        same(dataset, GFMinecraft(shared_footage))
        assert not server.asked


def test_clips_come_ahead_of_their_turn_and_their_faults_at_it(written: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    (folder / "shard-000001.tar").write_bytes(b"short")
    with serving(FileServer, tmp_path) as (url, server):
        dataset = WebDataset(f"{url}/walks", FileCache(tmp_path / "cache"))
        server.asked.clear()
        dataset.chunks(0)
        assert not server.asked, "whoever asks for the frames fetches them"
        with closing(decoded_clips(dataset, (0, 2, 1))) as clips:
            first = next(clips)
            next(first)
            # the second clip comes while this thread only waits
            wait_until(lambda: "walks/shard-000002.tar" in dict(server.asked))
            assert "walks/shard-000001.tar" not in dict(server.asked), "no more than one clip ahead"
            list(first)
            assert sum(map(len, next(clips))) == 20
            third = next(clips)
            with pytest.raises(DataError, match=r"shard-000001\.tar"):
                next(third)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_the_cache_stays_within_its_bound(written: Path, tmp_path: Path) -> None:
    clips = json.loads((written / "walks" / "index.json").read_text())["clips"]
    bound = 2 * max(clip["size"] for clip in clips)
    dataset = WebDataset(str(written / "walks"), FileCache(tmp_path, bound))
    for i in (0, 1, 2, 1, 0, 2):
        dataset.read(i)
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= bound


def test_a_passing_failure_is_waited_out_and_a_lasting_one_is_said(
    written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_PAUSES", (0.01, 0.01))
    with serving(FileServer, written) as (url, server):
        dataset = WebDataset(f"{url}/walks", FileCache(tmp_path))
        server.failures += [503]
        assert len(dataset.read(0)) == 24
        server.failures += [503] * 20
        with pytest.raises(
            DataError, match=r"shard-000001\.tar: could not be fetched .*check the name and the connecti"
        ):
            dataset.read(1)
        server.failures.clear()
        assert len(dataset.read(1)) == 31
    assert not list(tmp_path.glob(".*"))


def test_a_clip_that_changed_since_it_was_indexed_is_refused(written: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    data = bytearray((folder / "shard-000000.tar").read_bytes())
    data[2000] ^= 1
    (folder / "shard-000000.tar").write_bytes(data)
    dataset = WebDataset(str(folder), FileCache(tmp_path / "cache"))
    with pytest.raises(DataError, match="clip 'a': what was fetched is not what its index says"):
        dataset.read(0)
    assert len(dataset.read(1)) == 31
    (folder / "shard-000002.tar").write_bytes(b"short")
    with pytest.raises(DataError, match=r"shard-000002\.tar: [\d,]+ bytes are expected and 0 are there"):
        dataset.read(2)


@pytest.mark.parametrize("index", [True, False])
def test_more_or_fewer_frames_than_actions_are_refused(index: bool, written: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    if index:
        document = json.loads((folder / "index.json").read_text())
        document["clips"][0]["frames"] -= 1
        document["clips"][1]["frames"] += 1
        (folder / "index.json").write_text(json.dumps(document))
    else:
        (folder / "index.json").unlink()
        swap_videos(folder / "shard-000000.tar", folder / "shard-000001.tar")
    dataset = WebDataset(str(folder), FileCache(tmp_path / "cache"))
    for i in range(2):
        with pytest.raises(DataError, match=r"clip '[ab]': the video has .* frames but there are \d+ actions"):
            dataset.read(i)


def swap_videos(*shards: Path) -> None:
    contents = []
    for shard in shards:
        with tarfile.open(shard) as tar:
            contents.append([(info, tar.extractfile(info)) for info in tar])  # type: ignore[misc]
            contents[-1] = [(info, file.read()) for info, file in contents[-1]]
    for shard, own, other in zip(shards, contents, contents[::-1], strict=True):
        with tarfile.open(shard, "w") as tar:
            for (info, data), (_, foreign) in zip(own, other, strict=True):
                chosen = foreign if info.name.endswith(".mp4") else data
                info.size = len(chosen)
                tar.addfile(info, io.BytesIO(chosen))


def test_actions_that_were_changed_are_refused(written: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    data = bytearray((folder / "actions.f32").read_bytes())
    data[50] ^= 1
    (folder / "actions.f32").write_bytes(data)
    with pytest.raises(DataError, match=r"actions\.f32: what was fetched is not what its index says"):
        WebDataset(str(folder), FileCache(tmp_path / "cache")).actions(0)


def test_digests_follow_the_content(written: Path, shared_footage: Path, tmp_path: Path) -> None:
    folder = copied(written, tmp_path)
    one, other = (WebDataset(str(place), FileCache(tmp_path / "cache")) for place in (written / "walks", folder))
    assert [one.digest(i) for i in range(3)] == [other.digest(i) for i in range(3)]
    assert len({one.digest(i) for i in range(3)}) == 3


def test_a_folder_that_is_not_there_or_has_no_shards(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        WebDataset(str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match=r"holds no tar shards"):
        WebDataset(str(tmp_path))
    with (
        serving(FileServer, tmp_path) as (url, _),
        pytest.raises(DataError, match=f"{url}/nowhere: could not be fetch"),
    ):
        WebDataset(f"{url}/nowhere")
