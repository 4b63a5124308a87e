import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from model.actions import KEYS, Action
from model.camera import Camera
from model.errors import DataError
from model.footage.folder import open_dataset
from model.footage.replay import ReplayStart
from model.footage.replay_writer import ReplayWriter
from model.footage.replays import Replays
from tests.replays import (
    FPS,
    HEIGHT,
    WIDTH,
    alike,
    make_action,
    make_header,
    make_pictures,
    rot,
    tear,
    write_replay,
    zero_from,
)

LEARNED = KEYS[:-2]
"""Keys of a world that has not learned attack and use."""
FUZZ = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_replay(tmp_path / "replays" / "b", 50, seed=1)
    write_replay(tmp_path / "replays" / "a", 70, seed=0)
    return tmp_path / "replays"


def told(count: int) -> npt.NDArray[np.float32]:
    """What a world that begins level is told when the hands do as `make_action` says."""
    camera = Camera(LEARNED, 0.0)
    return np.stack([camera.turn(make_action(k)) for k in range(count)])


def write_hands(folder: Path, hands: Sequence[Action], pitch: float | None = None, **header: Any) -> None:
    """Write a replay of these actions; one that began in the midst of a session whose camera had a `pitch`."""
    pictures = make_pictures(len(hands) + 1)
    begun = {} if pitch is None else {"start": ReplayStart(kind="state", scene="one", index=9)}
    state = None if pitch is None else save({"pose": np.array([pitch, 4000.0])})
    writer = ReplayWriter(folder, make_header(**header, **begun), pictures[0], state)
    for k, action in enumerate(hands, 1):
        writer.write(action, pictures[k], time=k / FPS)
    writer.close()


def test_a_folder_of_replays_is_a_dataset(root: Path) -> None:
    dataset = open_dataset(root)
    assert dataset.names == ("a", "b") and dataset.frame_counts == (70, 50)
    assert (dataset.fps, dataset.size) == (FPS, (HEIGHT, WIDTH))
    clip = dataset.read(0)
    assert clip.frames.shape == (70, HEIGHT, WIDTH, 3)
    np.testing.assert_array_equal(clip.actions, told(70))
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


@pytest.mark.parametrize("last", [22, 45, 66, 69])
def test_a_video_whose_end_is_zeros_counts_up_to_there(root: Path, last: int) -> None:
    whole = Replays(root).read(0)
    zero_from(root / "a", last)
    dataset = Replays(root)
    assert dataset.frame_counts == (last, 50)
    clip = dataset.read(0)
    np.testing.assert_array_equal(clip.frames, whole.frames[:last])
    np.testing.assert_array_equal(clip.actions, whole.actions[:last])
    assert dataset.video(0) is None, "it says that it holds one frame more"


@pytest.mark.parametrize("first", [65, 68])
def test_a_video_that_is_lost_to_its_end_counts_up_to_there(root: Path, first: int) -> None:
    rot(root / "a", first)  # frames lean on it to the end
    dataset = Replays(root)
    assert dataset.frame_counts == (first, 50) and len(dataset.read(0)) == first and dataset.video(0) is None


def test_a_recorder_killed_at_once_leaves_nothing_to_train_on(root: Path) -> None:
    for harm in (b"", b"\x1aE\xdf\xa3"):
        folder = root / f"killed {len(harm)}"
        write_replay(folder, 2)
        (folder / "video.mkv").write_bytes(harm)
    write_replay(root / "torn", 9)
    zero_from(root / "torn", 0)
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


def test_a_video_that_lost_frames_in_its_midst_is_refused_by_the_first_of_them(root: Path) -> None:
    tear(root / "a", 30, 34)
    with pytest.raises(DataError, match=r"a/video\.mkv: frame 30 is missing; copy the replay again or remove it"):
        Replays(root)


def test_a_frame_that_is_damaged_is_never_read(root: Path) -> None:
    rot(root / "a", 40)
    dataset = Replays(root)
    assert dataset.frame_counts == (70, 50)
    with pytest.raises(DataError, match=r"a/video\.mkv: frame 40 is damaged; copy the replay again"):
        dataset.read(0)


def test_lost_pictures_part_a_replay_into_stretches_that_lost_none(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "r" / "a", 70, lost=[20, 21, 50])
    dataset = Replays(tmp_path / "r")
    assert dataset.names == ("a.0", "a.1", "a.2") and dataset.frame_counts == (20, 28, 19)
    turned = told(70)[:, -2].cumsum(dtype=np.float64) * 15
    for index, start in enumerate((0, 22, 51)):
        assert dataset.pitch(index) == pytest.approx(turned[start], abs=1e-3)
        clip = dataset.read(index)
        count = len(clip)
        assert alike(clip.frames, pictures[start : start + count])
        expected = told(70)[start : start + count]
        expected[0] = 0
        np.testing.assert_array_equal(clip.actions, expected)
        assert dataset.video(index) is None and dataset.files(index) == ()
    assert len({dataset.digest(index) for index in range(3)}) == 3


def test_a_mouse_that_pushes_against_the_stop_turns_nothing(tmp_path: Path) -> None:
    write_hands(tmp_path / "down", [Action(pitch=30.0, yaw=1.0)] * 6 + [Action(pitch=-30.0)])
    degrees = Replays(tmp_path / "down").actions(0)[:, -2:] * 15
    assert degrees[:, 0].tolist() == [0, 30, 30, 30, 0, 0, 0, -30] and degrees[:, 1].tolist() == [0] + [1] * 6 + [0]


def test_where_the_stop_is_depends_on_where_a_state_looked(tmp_path: Path) -> None:
    write_hands(tmp_path / "up", [Action(pitch=-30.0)] * 3, pitch=-50.0)
    dataset = Replays(tmp_path / "up")
    assert (dataset.actions(0)[:, -2] * 15).tolist() == [0, -30, -10, 0] and dataset.pitch(0) == -50
    state = tmp_path / "up" / "states" / "start.safetensors"
    for damage in (b"", b"state", save({}), save({"pose": np.zeros(3)}), save({"pose": np.array([np.nan, 0.0])})):
        state.write_bytes(damage)
        with pytest.raises(DataError, match=r"start\.safetensors: does not say where the camera looked"):
            Replays(tmp_path / "up")
    state.unlink()
    with pytest.raises(DataError, match=r"start\.safetensors: does not say where the camera looked"):
        Replays(tmp_path / "up")


def test_keys_that_the_world_has_not_learned_are_not_known(tmp_path: Path) -> None:
    hands = [Action(attack=True), Action(forward=True, use=True), Action(sneak=True)]
    for name, learned in (("old", None), ("few", ("forward", "attack"))):
        write_hands(tmp_path / name, hands, **({} if learned is None else {"learned": learned}))
    few, old = (Replays(tmp_path / name) for name in ("few", "old"))
    assert [key for key, known in zip(KEYS, few.known(0), strict=False) if known] == ["forward", "attack"]
    assert [key for key, known in zip(KEYS, old.known(0), strict=False) if known] == list(LEARNED)
    for dataset, held in ((few, {"forward": [2], "attack": [1]}), (old, {"forward": [2], "sneak": [3]})):
        actions = dataset.actions(0)
        assert {
            key: np.flatnonzero(actions[:, k]).tolist() for k, key in enumerate(KEYS) if actions[:, k].any()
        } == held
        assert dataset.known(0)[-2:].all()


def test_a_replay_from_before_learned_keys_were_noted_opens(tmp_path: Path) -> None:
    write_hands(tmp_path / "a", [Action(forward=True, yaw=0.3)])
    header = tmp_path / "a" / "replay.toml"
    lines = header.read_text().splitlines(keepends=True)
    start = next(k for k, line in enumerate(lines) if line.startswith("learned"))
    end = next(k for k in range(start, len(lines)) if "]" in lines[k]) + 1
    before = Replays(tmp_path / "a")
    header.write_text("".join(lines[:start] + lines[end:]))
    dataset = Replays(tmp_path / "a")
    assert "learned" not in header.read_text() and dataset.known(0).tolist() == [True] * 7 + [False] * 2 + [True] * 2
    np.testing.assert_array_equal(dataset.actions(0), before.actions(0))
    sha = hashlib.sha256(b"0 2")
    for name in ("video.mkv", "actions.jsonl"):
        sha.update(hashlib.sha256((tmp_path / "a" / name).read_bytes()).digest())
    assert dataset.digest(0) == sha.hexdigest(), "caches of it stay good"


def test_digest_tells_actions_that_are_not_what_the_hands_did(tmp_path: Path) -> None:
    write_hands(tmp_path / "a", [Action(use=True)])
    before = Replays(tmp_path / "a").digest(0)
    header = tmp_path / "a" / "replay.toml"
    header.write_text(header.read_text().replace('"forward",', '"forward", "use",'))
    assert Replays(tmp_path / "a").actions(0)[1, KEYS.index("use")] == 1
    assert Replays(tmp_path / "a").digest(0) != before


def test_replays_of_two_sizes_or_rates_do_not_mix(root: Path) -> None:
    write_replay(root / "c", 30, fps=16.0)
    with pytest.raises(DataError, match=r"c: is 48x32 at 16 frames/s, others are 48x32 at 20"):
        Replays(root)


def test_a_video_of_another_size_than_the_header_says_is_refused(root: Path) -> None:
    header = root / "a" / "replay.toml"
    header.write_text(header.read_text().replace("width = 48", "width = 64"))
    with pytest.raises(DataError, match=r"a/video\.mkv: frame 0 is damaged"):
        Replays(root / "a")


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
