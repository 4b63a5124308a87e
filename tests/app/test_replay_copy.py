import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.play import main
from model.footage.replay_video import ReplayVideo
from model.footage.seek import Picture
from tests.replays import alike, make_action, rot, tear, write_replay, zero_from


def copy(replay: Path, *words: str) -> int:
    return main(["--headless", "--replay", str(replay), *words])


@pytest.mark.parametrize(("words", "count"), [((), 39), (("--frames", "11"), 11), (("--frames", "900"), 39)])
def test_the_copy_holds_the_generated_frames_and_their_actions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], count: int
) -> None:
    pictures = write_replay(tmp_path / "walk", 40)
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.npz"), *words) == 0
    assert capsys.readouterr() == (f"{count} frames, written to {tmp_path / 'walk.npz'}\n", "")
    with np.load(tmp_path / "walk.npz") as file:
        assert alike(file["frames"], pictures[1 : count + 1])
        np.testing.assert_array_equal(file["actions"], [make_action(k).vector() for k in range(1, count + 1)])


def test_of_a_video_that_was_cut_what_is_there_is_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = write_replay(tmp_path / "walk", 40)
    os.truncate(tmp_path / "walk" / "video.mkv", (tmp_path / "walk" / "video.mkv").stat().st_size // 2)
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.npz")) == 0
    with np.load(tmp_path / "walk.npz") as file:
        count = len(file["frames"])
        assert 10 < count < 30 and alike(file["frames"], pictures[1 : count + 1])
    assert f"walk: {39 - count} of 39 frames are damaged or missing" in capsys.readouterr().err


@pytest.mark.parametrize("harm", [lambda folder: tear(folder, 60, 66), lambda folder: rot(folder, 60)])
def test_what_is_whole_is_copied_with_its_own_actions_and_the_rest_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], harm: Callable[[Path], None]
) -> None:
    pictures = write_replay(tmp_path / "walk", 130)
    harm(tmp_path / "walk")
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.npz")) == 0
    with np.load(tmp_path / "walk.npz") as file:
        frames, actions = file["frames"], file["actions"]
    number_of = {make_action(k).vector().tobytes(): k for k in range(1, 130)}
    numbers = [number_of[action.tobytes()] for action in actions]
    assert 80 < len(numbers) < 129 and {*range(1, 60), *range(110, 130)} <= set(numbers) and 60 not in numbers
    assert alike(frames, pictures[numbers])
    said, lost = capsys.readouterr(), 129 - len(numbers)
    assert said.out == f"{len(numbers)} frames, written to {tmp_path / 'walk.npz'}\n"
    assert said.err.startswith(f"warning: {tmp_path / 'walk'}: {lost} of 129 frames are damaged or missing; what is ")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(("kind", "times"), [("mp4", 1), ("gif", 1), ("npz", 2)])
def test_of_the_frames_that_were_not_asked_for_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str, times: int
) -> None:
    write_replay(tmp_path / "walk", 130)
    tear(tmp_path / "walk", 60, 100)
    decode, begun = ReplayVideo.frames_from, list[int]()

    def counted(video: ReplayVideo, number: int) -> Iterator[tuple[int, Picture]]:
        begun.append(number)
        return decode(video, number)

    monkeypatch.setattr(ReplayVideo, "frames_from", counted)
    out = tmp_path / f"walk.{kind}"
    assert copy(tmp_path / "walk", "--out", str(out), "--frames", "10") == 0
    assert capsys.readouterr() == (f"10 frames, written to {out}\n", "")
    assert begun.count(1) == times, "only what says first how many come is decoded to count them"
    assert copy(tmp_path / "walk", "--out", str(out), "--frames", "70") == 0
    said = capsys.readouterr()
    written = int(said.out.split()[0])
    assert 58 <= written < 60 and f"walk: {70 - written} of 70 frames are damaged or missing; what is " in said.err


@pytest.mark.parametrize("kind", ["mp4", "gif", "npz"])
def test_of_a_video_without_a_whole_frame_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    write_replay(tmp_path / "walk", 9)
    zero_from(tmp_path / "walk", 1)
    assert copy(tmp_path / "walk", "--out", str(tmp_path / f"walk.{kind}")) == 2
    assert "video.mkv: holds no frame that can be read; make it again with --regenerate" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["walk"]


def test_a_damaged_video_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_replay(tmp_path / "walk", 9)
    (tmp_path / "walk" / "video.mkv").write_bytes(b"no video")
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.mp4")) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "video.mkv" in said and said.count("\n") == 1
    assert not (tmp_path / "walk.mp4").exists()
