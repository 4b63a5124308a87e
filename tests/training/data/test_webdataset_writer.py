"""Tar shards: what is written, what happens when the writer is stopped, and that others read them."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Clip, Details, Frames, Known, Prompt, everything_known
from model.footage.gf_minecraft import GFMinecraft
from model.footage.subset import Subset
from tests.footage import write_clip
from tests.model.footage.single import Single, looking
from training.data.file_cache import FileCache
from training.data.webdataset import WebDataset
from training.data.webdataset_writer import write_webdataset


def read(folder: Path, tmp_path: Path) -> WebDataset:
    return WebDataset(str(folder), FileCache(tmp_path / "cache"))


def shards(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.tar"))


def test_a_dataset_comes_back_to_the_bit(shared_footage: Path, tmp_path: Path) -> None:
    source, counted = GFMinecraft(shared_footage), []
    write_webdataset(source, tmp_path / "out", lambda: counted.append(1), shard_bytes=10_000)
    assert len(counted) == 3 and shards(tmp_path / "out") == ["shard-000000.tar", "shard-000001.tar"]
    dataset = read(tmp_path / "out", tmp_path)
    assert (dataset.names, dataset.fps, dataset.size) == (source.names, source.fps, source.size)
    assert dataset.frame_counts == source.frame_counts
    for i in range(3):
        clip, expected = dataset.read(i), source.read(i)
        assert np.array_equal(clip.frames, expected.frames)
        assert clip.actions.tobytes() == expected.actions.tobytes()
        assert np.array_equal(clip.known, expected.known) and dataset.details(i) == source.details(i)
        assert dataset.video(i).read_bytes() == source.video(i).read_bytes()


def noisy_clip(name: str, count: int = 40) -> Clip:
    rng = np.random.default_rng(3)
    actions = np.zeros((count, 11), np.float32)
    actions[1:, :9] = rng.random((count - 1, 9)) < 0.5
    actions[1:, 9:] = rng.normal(size=(count - 1, 2)).astype(np.float32)
    known = everything_known()
    known[8] = False
    actions[:, 8] = 0
    frames = np.full((count, 32, 48, 3), 90, np.uint8) + np.arange(count, dtype=np.uint8)[:, None, None, None]
    return Clip(name, frames, actions, known)


class Masked(Single):
    """One clip that says what was recorded."""

    def known(self, index: int) -> Known:
        return self.clip.known


def test_names_details_and_frames_without_a_video_of_their_own(tmp_path: Path) -> None:
    told = Details(
        biome="wüste", weather="rain", time="night", prompts=(Prompt(0, 9, "a wall, left"),), tags=("good", "x y")
    )
    clip = noisy_clip("50% off. 散歩 1.mp4")
    write_webdataset(Masked(clip, told), tmp_path / "out")
    for _ in range(2):
        dataset = read(tmp_path / "out", tmp_path)
        assert dataset.names == (clip.name,) and dataset.details(0) == told
        assert np.array_equal(dataset.known(0), clip.known)
        assert dataset.actions(0).tobytes() == clip.actions.tobytes()
        assert np.abs(dataset.read(0).frames.astype(int) - clip.frames).max() < 4
        (tmp_path / "out" / "index.json").unlink(missing_ok=True)  # and without our index


def test_the_webdataset_package_reads_our_shards(shared_footage: Path, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    source = GFMinecraft(shared_footage)
    write_webdataset(source, tmp_path / "out", shard_bytes=10_000)
    urls = [str(path) for path in sorted((tmp_path / "out").glob("*.tar"))]
    samples = list(webdataset.WebDataset(urls, shardshuffle=False))
    assert [sample["__key__"] for sample in samples] == list(source.names)
    for i, sample in enumerate(samples):
        assert sample["mp4"] == source.video(i).read_bytes()
        actions = np.load(io.BytesIO(sample["actions.npy"]), allow_pickle=False)
        assert actions.tobytes() == source.actions(i).tobytes()
        assert json.loads(sample["json"])["name"] == source.names[i]


def test_a_video_of_other_frames_than_actions_is_not_written(shared_footage: Path, tmp_path: Path) -> None:
    class Swapped(GFMinecraft):
        def video(self, index: int) -> Path:
            return super().video(0 if index == 1 else index)

    for _ in range(2):
        with pytest.raises(DataError, match="b: the video has 24 frames but there are 31 actions; copy the clip again"):
            write_webdataset(Swapped(shared_footage), tmp_path / "out", shard_bytes=1)
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["index.json", "shard-000000.tar"]


class Stopped(GFMinecraft):
    """Breaks off at one clip."""

    at = 2

    def video(self, index: int) -> Path:
        if index == self.at:
            raise KeyboardInterrupt
        return super().video(index)


def test_a_stopped_writer_goes_on_after_the_last_whole_shard(shared_footage: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        write_webdataset(Stopped(shared_footage), out, shard_bytes=1)
    assert shards(out) == ["shard-000000.tar", "shard-000001.tar"]
    with pytest.raises(DataError, match="did not finish; write it again"):
        read(out, tmp_path)
    first = (out / "shard-000000.tar").stat().st_mtime_ns
    (out / ".shard-000002.tar.123.part").write_bytes(b"torn")
    counted: list[int] = []
    write_webdataset(GFMinecraft(shared_footage), out, lambda: counted.append(1), shard_bytes=1)
    assert len(counted) == 3 and (out / "shard-000000.tar").stat().st_mtime_ns == first
    assert read(out, tmp_path).names == ("a", "b", "c")
    assert not list(out.glob(".*"))
    write_webdataset(GFMinecraft(shared_footage), out, shard_bytes=1)  # all is there


def test_a_stopped_and_resumed_writing_gives_the_bytes_of_one_that_was_not(
    shared_footage: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_webdataset(Stopped(shared_footage), tmp_path / "out", shard_bytes=1)
    for folder in ("out", "straight"):
        write_webdataset(GFMinecraft(shared_footage), tmp_path / folder, shard_bytes=1)
    for path in (tmp_path / "straight").iterdir():
        assert path.read_bytes() == (tmp_path / "out" / path.name).read_bytes()


def test_nothing_of_others_is_overwritten(shared_footage: Path, footage: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "shard-000000.tar").write_bytes(b"mine")
    with pytest.raises(DataError, match="holds something else; give a folder that is new or empty"):
        write_webdataset(GFMinecraft(shared_footage), tmp_path / "other")
    assert (tmp_path / "other" / "shard-000000.tar").read_bytes() == b"mine"
    write_webdataset(GFMinecraft(shared_footage), tmp_path / "out")
    write_clip(footage, "a", 14, seed=9)
    for other in (GFMinecraft(footage), Subset(GFMinecraft(shared_footage), (0,))):
        with pytest.raises(DataError, match=r"holds other clips, '[ab]' for one"):
            write_webdataset(other, tmp_path / "out")


@pytest.mark.parametrize(
    ("column", "value", "complaint"), [(2, 0.5, "keys"), (10, np.nan, "camera"), (9, 1e9, "camera")]
)
def test_actions_that_cannot_be_read_again_are_not_written(
    column: int, value: float, complaint: str, tmp_path: Path
) -> None:
    clip = noisy_clip("bad")
    clip.actions[7, column] = value
    with pytest.raises(DataError, match=f"bad: .*{complaint}"):
        write_webdataset(Single(clip), tmp_path / "out")
    assert not shards(tmp_path / "out")


def test_a_clip_of_fewer_frames_than_actions_is_not_written(tmp_path: Path) -> None:
    class Short(Single):
        def chunks(self, index: int) -> Iterator[Frames]:
            yield self.clip.frames[:7]
            raise DataError("short: 7 frames, 40 actions")

    with pytest.raises(DataError, match="7 frames, 40 actions"):
        write_webdataset(Short(noisy_clip("short")), tmp_path / "out")
    assert not shards(tmp_path / "out") and not list((tmp_path / "out").glob(".*"))


def test_writing_and_reading_need_no_torch(shared_footage: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from model.footage.gf_minecraft import GFMinecraft\n"
        "from training.data.webdataset_writer import write_webdataset\n"
        f"write_webdataset(GFMinecraft(Path({str(shared_footage)!r})), Path({str(tmp_path / 'out')!r}))\n"
        "assert not {'torch', 'huggingface_hub', 'fsspec'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_copy_looks_where_its_source_does(tmp_path: Path) -> None:
    """With an index, and from the shards alone."""
    for pitch in (0.0, 31.25):
        out = tmp_path / f"{pitch}"
        write_webdataset(looking(pitch), out)
        assert read(out, tmp_path).pitch(0) == pitch
        (out / "index.json").unlink()
        assert read(out, tmp_path).pitch(0) == pitch
