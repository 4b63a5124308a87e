import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.footage.folder import open_dataset
from model.footage.replays import Replays
from tests.replays import FPS, HEIGHT, WIDTH, alike, make_action, write_replay

FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_replay(tmp_path / "replays" / "b", 50, seed=1)
    write_replay(tmp_path / "replays" / "a", 70, seed=0)
    return tmp_path / "replays"


def test_a_folder_of_replays_is_a_dataset(root: Path) -> None:
    dataset = open_dataset(root)
    assert dataset.names == ("a", "b") and dataset.frame_counts == (70, 50)
    assert (dataset.fps, dataset.size) == (FPS, (HEIGHT, WIDTH))
    clip = dataset.read(0)
    assert clip.known.all() and clip.frames.shape == (70, HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(clip.actions, [make_action(k).vector() for k in range(70)])
    assert dataset.video(0) == root / "a" / "video.mkv"
    assert dataset.files(0) == (root / "a",)
    assert len({dataset.digest(0), dataset.digest(1)}) == 2


def test_frames_come_in_small_chunks(root: Path) -> None:
    assert [len(chunk) for chunk in Replays(root).chunks(0)] == [32, 32, 6]


def test_one_replay_is_a_dataset_too(root: Path) -> None:
    dataset = open_dataset(root / "a")
    assert dataset.names == ("a",) and dataset.files(0) == (), "without it there is no dataset"


def cut_video(folder: Path) -> None:
    os.truncate(folder / "video.mkv", (folder / "video.mkv").stat().st_size * 2 // 3)


def cut_lines(folder: Path) -> None:
    os.truncate(folder / "actions.jsonl", (folder / "actions.jsonl").stat().st_size * 2 // 3)


@pytest.mark.parametrize("cut", [cut_video, cut_lines])
def test_of_video_and_lines_the_shorter_counts(root: Path, cut: Callable[[Path], None]) -> None:
    whole = Replays(root).read(0)
    cut(root / "a")
    dataset = Replays(root)
    count = dataset.frame_counts[0]
    assert 30 < count < 60
    clip = dataset.read(0)
    np.testing.assert_array_equal(clip.frames, whole.frames[:count])
    np.testing.assert_array_equal(clip.actions, whole.actions[:count])
    assert (dataset.video(0) is None) == (cut is cut_lines), "a video with more frames than actions is not the clip"


def test_a_recorder_killed_at_once_leaves_nothing_to_train_on(root: Path) -> None:
    for harm in (b"", b"\x1aE\xdf\xa3"):
        folder = root / f"killed {len(harm)}"
        write_replay(folder, 2)
        (folder / "video.mkv").write_bytes(harm)
    write_replay(root / "no lines", 9)
    (root / "no lines" / "actions.jsonl").write_bytes(b'{"ind')
    (root / "unannounced").mkdir()
    assert Replays(root).names == ("a", "b")
    with pytest.raises(DataError, match="no replay in it holds a picture"):
        Replays(root / "no lines")


def test_a_video_that_is_damaged_is_refused_by_name(root: Path) -> None:
    (root / "a" / "video.mkv").write_bytes(b"not a video")
    with pytest.raises(DataError, match=r"a/video\.mkv"):
        Replays(root)


def test_lost_pictures_part_a_replay_into_stretches_that_lost_none(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "r" / "a", 70, lost=[20, 21, 50])
    dataset = Replays(tmp_path / "r")
    assert dataset.names == ("a.0", "a.1", "a.2") and dataset.frame_counts == (20, 28, 19)
    for index, start in enumerate((0, 22, 51)):
        clip = dataset.read(index)
        count = len(clip)
        assert alike(clip.frames, pictures[start : start + count])
        expected = np.stack([make_action(start + k).vector() for k in range(count)])
        expected[0] = 0
        np.testing.assert_array_equal(clip.actions, expected)
        assert dataset.video(index) is None and dataset.files(index) == ()
    assert len({dataset.digest(index) for index in range(3)}) == 3


def test_replays_of_two_sizes_or_rates_do_not_mix(root: Path) -> None:
    write_replay(root / "c", 30, fps=16.0)
    with pytest.raises(DataError, match=r"c: is 48x32 at 16 frames/s, others are 48x32 at 20"):
        Replays(root)


def test_a_video_of_another_size_than_the_header_says_is_refused(root: Path) -> None:
    header = root / "a" / "replay.toml"
    header.write_text(header.read_text().replace("width = 48", "width = 64"))
    with pytest.raises(DataError, match="frame 0 is damaged"):
        Replays(root / "a").read(0)


def test_an_empty_folder_says_how_to_record(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="arvd-play --record"):
        Replays(tmp_path)


@given(data=st.data())
@FUZZ
def test_mutated_videos_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "a" / "video.mkv"
    if not path.exists():
        write_replay(tmp_path / "a", 25)
    original = path.read_bytes()
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at : at + 1] = data.draw(st.binary(max_size=3))
        mutated = mutated or bytearray(b"\0")
    path.write_bytes(mutated)
    try:
        clip = Replays(tmp_path / "a").read(0)
        assert clip.frames.shape == (len(clip), HEIGHT, WIDTH, 3) and len(clip) <= 25
    except DataError as error:
        assert "a" in str(error)
    finally:
        path.write_bytes(original)
