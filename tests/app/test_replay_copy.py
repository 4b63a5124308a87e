import os
from pathlib import Path

import numpy as np
import pytest

from app.play import main
from tests.replays import alike, make_action, write_replay


def copy(replay: Path, *words: str) -> int:
    return main(["--headless", "--replay", str(replay), *words])


@pytest.mark.parametrize(("words", "count"), [((), 39), (("--frames", "11"), 11), (("--frames", "900"), 39)])
def test_the_copy_holds_the_generated_frames_and_their_actions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], count: int
) -> None:
    pictures = write_replay(tmp_path / "walk", 40)
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.npz"), *words) == 0
    assert capsys.readouterr().out == f"{count} frames, written to {tmp_path / 'walk.npz'}\n"
    with np.load(tmp_path / "walk.npz") as file:
        assert alike(file["frames"], pictures[1 : count + 1])
        np.testing.assert_array_equal(file["actions"], [make_action(k).vector() for k in range(1, count + 1)])


def test_of_a_killed_recording_what_is_there_is_copied(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "walk", 40)
    os.truncate(tmp_path / "walk" / "video.mkv", (tmp_path / "walk" / "video.mkv").stat().st_size // 2)
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.npz")) == 0
    with np.load(tmp_path / "walk.npz") as file:
        count = len(file["frames"])
        assert 10 < count < 30 and alike(file["frames"], pictures[1 : count + 1])


def test_a_damaged_video_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_replay(tmp_path / "walk", 9)
    (tmp_path / "walk" / "video.mkv").write_bytes(b"no video")
    assert copy(tmp_path / "walk", "--out", str(tmp_path / "walk.mp4")) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "video.mkv" in said and said.count("\n") == 1
    assert not (tmp_path / "walk.mp4").exists()
