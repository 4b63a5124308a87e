import os
import random
import shutil
from pathlib import Path

import pytest

from app.replay_frames import ReplayFrames
from model.errors import DataError
from model.footage.replay import read_replay
from model.footage.replay_writer import ReplayWriter
from tests.replays import alike, make_action, make_header, make_pictures, tear, write_replay, zero_from


def test_any_picture_comes_in_any_order(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "walk", 130)
    with ReplayFrames(read_replay(tmp_path / "walk")) as frames:
        assert frames.count == 130
        order = [*range(50), 49, 48, 129, 0, *random.Random(0).sample(range(130), 30)]
        for number in order:
            assert alike(frames.picture(number)[None], pictures[number : number + 1]), number


def test_pictures_without_an_action_do_not_count(tmp_path: Path) -> None:
    write_replay(tmp_path / "walk", 30)
    path = tmp_path / "walk" / "actions.jsonl"
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines()[:20]))
    with ReplayFrames(read_replay(tmp_path / "walk")) as frames:
        assert frames.count == 20


def test_a_picture_of_another_size_than_was_said_is_refused(tmp_path: Path) -> None:
    write_replay(tmp_path / "walk", 9)
    header = tmp_path / "walk" / "replay.toml"
    header.write_text(header.read_text().replace("height = 32", "height = 48"))
    with ReplayFrames(read_replay(tmp_path / "walk")) as frames, pytest.raises(DataError, match="frame 3 is damaged"):
        frames.picture(3)


def lack(folder: Path) -> str:
    with ReplayFrames(read_replay(folder)) as frames:
        return frames.lack()


def test_of_a_whole_replay_nothing_is_missing(tmp_path: Path) -> None:
    write_replay(tmp_path / "walk", 30, lost=[7])
    assert lack(tmp_path / "walk") == "", "what the recorder dropped is marked as such"


@pytest.mark.parametrize(("name", "least"), [("video.mkv", 30), ("actions.jsonl", 50)])
def test_what_was_cut_off_is_counted(tmp_path: Path, name: str, least: int) -> None:
    write_replay(tmp_path / "walk", 120)
    path = tmp_path / "walk" / name
    os.truncate(path, path.stat().st_size // 2)
    with ReplayFrames(read_replay(tmp_path / "walk")) as frames:
        missing = 120 - frames.count
        assert least < missing < 90
        assert frames.lack().startswith(f"{missing} of 119 frames are damaged or missing; what is whole is shown; copy")
        assert "what is whole is written" in frames.lack(done="written")


def test_what_a_killed_recorder_owed_is_not_missing(tmp_path: Path) -> None:
    pictures = make_pictures(60)
    writer = ReplayWriter(tmp_path / "walk", make_header(), pictures[0])
    for k in range(1, 60):
        writer.write(make_action(k), pictures[k], time=k / 20)
    shutil.copytree(tmp_path / "walk", tmp_path / "killed")
    writer.close()
    with ReplayFrames(read_replay(tmp_path / "killed")) as frames:
        assert frames.count == 59 and frames.lack() == ""
    lines = tmp_path / "killed" / "actions.jsonl"
    os.truncate(lines, lines.stat().st_size // 2)
    assert "of 58 frames are damaged or missing" in lack(tmp_path / "killed")


def test_behind_a_hole_each_picture_is_that_of_its_line(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "walk", 130)
    tear(tmp_path / "walk", 50, 58)
    with ReplayFrames(read_replay(tmp_path / "walk")) as frames:
        assert frames.count == 130
        found: list[int] = []
        for number in range(130):
            try:
                assert alike(frames.picture(number)[None], pictures[number : number + 1]), number
                found.append(number)
            except DataError as error:
                assert f"frame {number} is damaged" in str(error)
        assert set(range(50)) | set(range(100, 130)) <= set(found) and not set(found) & set(range(50, 58))
        assert frames.lack().startswith(f"{130 - len(found)} of 129 frames are damaged or missing")
        assert [number for number, _ in frames.pictures(110)] == [number for number in found if 0 < number <= 110]
        lost = [number for number in range(130) if number not in found]
        assert frames.lack(lost[0] - 1) == "" and frames.lack(lost[0]).startswith(f"1 of {lost[0]} frames are")
        assert frames.lack(110).startswith(f"{len(lost)} of 110 frames are damaged or missing")


def test_a_last_frame_that_is_torn_is_missing_with_those_after_it(tmp_path: Path) -> None:
    write_replay(tmp_path / "walk", 120)
    zero_from(tmp_path / "walk", 69)
    assert lack(tmp_path / "walk").startswith("51 of 119 frames are damaged or missing")
    with ReplayFrames(read_replay(tmp_path / "walk")) as frames:
        assert frames.lack(68) == "" and frames.lack(80).startswith("12 of 80 frames are damaged or missing")
