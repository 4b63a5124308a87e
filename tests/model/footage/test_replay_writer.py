from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from model.actions import Action
from model.errors import RunError
from model.footage import replay_writer
from model.footage.replay import ReplayStart, frame_hash, read_replay
from model.footage.replay_writer import ReplayWriter
from model.footage.seek import SeekableVideo
from model.footage.video import decode_video
from tests.replays import alike, make_action, make_header, make_pictures, write_replay


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[ReplayWriter]:
    writer = ReplayWriter(tmp_path / "replay", make_header(), make_pictures(1)[0])
    yield writer
    writer.close()


def test_a_replay_holds_pictures_actions_and_its_start(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "replay", 20)
    read = read_replay(tmp_path / "replay")
    assert alike(decode_video(read.video), pictures)
    assert [line.hash for line in read.lines] == [frame_hash(picture) for picture in pictures]
    np.testing.assert_array_equal(iio.imread(tmp_path / "replay" / "start.png"), pictures[0])
    names = {"replay.toml", "actions.jsonl", "video.mkv", "start.png"}
    assert {path.name for path in (tmp_path / "replay").iterdir()} == names


def test_a_start_in_the_midst_keeps_the_state_in_the_place_of_the_picture(tmp_path: Path) -> None:
    write_replay(tmp_path / "replay", 3, start=ReplayStart(kind="state", scene="one", index=9))
    assert (tmp_path / "replay" / "states" / "start.safetensors").read_bytes() == b"state"
    assert not (tmp_path / "replay" / "start.png").exists()


def test_whatever_was_written_is_readable_but_for_the_newest_picture(writer: ReplayWriter) -> None:
    pictures = make_pictures(60)
    for k in range(1, 60):
        writer.write(make_action(k), pictures[k], time=k / 20)
        assert len(read_replay(writer.folder).lines) == k + 1
        with SeekableVideo(writer.folder / "video.mkv") as video:
            assert len(video) == k
            assert alike(video.frame(k - 1)[None], pictures[k - 1 : k])


def test_a_file_cut_anywhere_gives_whole_frames_and_no_others(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "replay", 40)
    data = (tmp_path / "replay" / "video.mkv").read_bytes()
    cut = tmp_path / "cut.mkv"
    counts = []
    for length in range(len(data) * 3 // 4, len(data), 61):
        cut.write_bytes(data[:length])
        seen = decode_video(cut)
        assert alike(seen, pictures[: len(seen)])
        counts.append(len(seen))
    assert counts == sorted(counts) and counts[0] < 35 and counts[-1] >= 39


def test_a_dropped_picture_is_marked_and_the_one_before_stands_in_its_place(tmp_path: Path) -> None:
    pictures = write_replay(tmp_path / "replay", 10, lost=[4, 5])
    read = read_replay(tmp_path / "replay")
    assert [line.index for line in read.lines if line.dropped] == [4, 5]
    assert [line.hash for line in read.lines if not line.hash] == ["", ""]
    assert read.lines[5].action == make_action(5), "the action is kept"
    seen = decode_video(read.video)
    assert alike(seen[4:6], pictures[[3, 3]]) and alike(seen[6:], pictures[6:])


def test_it_is_synced_every_half_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, synced = 0.0, []
    monkeypatch.setattr(replay_writer.os, "fsync", lambda file: synced.append(now))
    writer = ReplayWriter(tmp_path / "replay", make_header(), make_pictures(1)[0], clock=lambda: now)
    synced.clear()
    for k in range(1, 41):
        now = k / 20
        writer.write(Action(), make_pictures(1)[0], time=now)
    assert sorted(set(synced)) == [0.5, 1.0, 1.5, 2.0] and len(synced) == 8, "video and lines"
    writer.close()


def test_the_size_is_that_of_the_folder(writer: ReplayWriter) -> None:
    for k in range(1, 30):
        writer.write(make_action(k), make_pictures(1, k)[0], time=k / 20)
    assert writer.size == sum(path.stat().st_size for path in writer.folder.rglob("*") if path.is_file())


def test_a_replay_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    write_replay(tmp_path / "replay", 5)
    with pytest.raises(FileExistsError):
        write_replay(tmp_path / "replay", 9)
    assert len(read_replay(tmp_path / "replay").lines) == 5


def test_what_cannot_begin_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, data: bytes) -> None:
        if path.name == "replay.toml":
            raise RunError("the disk is full; make room")
        write_atomically(path, data)

    write_atomically = replay_writer.write_atomically
    monkeypatch.setattr(replay_writer, "write_atomically", fail)
    with pytest.raises(RunError):
        write_replay(tmp_path / "replay", 5)
    assert list(tmp_path.iterdir()) == []
