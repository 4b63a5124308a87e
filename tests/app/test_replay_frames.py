import random
from pathlib import Path

import pytest

from app.replay_frames import ReplayFrames
from model.errors import DataError
from model.footage.replay import read_replay
from tests.replays import alike, write_replay


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
