import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.actions import Action
from model.errors import DataError
from model.footage.replay_video import ReplayVideo
from model.footage.replay_writer import ReplayWriter
from model.footage.seek import SeekableVideo
from tests.replays import Pictures, alike, make_header, make_pictures, rot, tear, write_replay, zero_from

COUNT = 130


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Noise that moves, so that a frame leans on those before it up to the next keyframe."""
    return np.stack([np.roll(make_pictures(1)[0], 2 * k, 1) for k in range(COUNT)])


@pytest.fixture(scope="module")
def written(pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("replays") / "walk"
    writer = ReplayWriter(folder, make_header(), pictures[0])
    for k in range(1, COUNT):
        writer.write(Action(), pictures[k], time=k / 20)
        if k == 99:
            shutil.copytree(folder, folder.with_name("killed"))
    writer.close()
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    return shutil.copytree(written, tmp_path / "walk")


def opened(folder: Path) -> ReplayVideo:
    return ReplayVideo(folder / "video.mkv", make_header())


def near(picture: Pictures, number: int, pictures: Pictures) -> bool:
    """Whether it is that picture; the next one is 20 apart."""
    return alike(picture[None], pictures[number : number + 1])


def test_frames_come_from_anywhere_by_their_numbers(written: Path, pictures: Pictures) -> None:
    with opened(written) as video:
        assert (video.end, video.stated, video.lost(COUNT)) == (COUNT, COUNT, [])
        for start in (0, *random.Random(0).sample(range(COUNT), 12)):
            found = list(video.frames_from(start))
            assert [number for number, _ in found] == list(range(start, COUNT))
            assert all(near(picture, number, pictures) for number, picture in found[:40])
        assert list(video.frames_from(COUNT)) == [] and not video.whole(COUNT) and not video.whole(-1)


def test_of_a_killed_recording_nothing_is_stated(written: Path) -> None:
    with opened(written.with_name("killed")) as video:
        assert (video.end, video.stated, video.lost(video.end)) == (99, None, [])


def key_after(folder: Path, number: int) -> int:
    with SeekableVideo(folder / "video.mkv") as video:
        return next((key for key in video.keyframes if key > number), COUNT)


@pytest.mark.parametrize(("first", "last"), [(50, 53), (78, 83), (1, 3), (60, 100), (120, 129)])
def test_behind_a_hole_each_frame_keeps_its_number(folder: Path, pictures: Pictures, first: int, last: int) -> None:
    stop = key_after(folder, last)
    tear(folder, first, last)
    with opened(folder) as video:
        video.look_at_edges()
        found = list(video.frames_from(0))
        numbers = [number for number, _ in found]
        assert numbers[:first] == list(range(first)), "what was before the hole is all there"
        assert numbers[first:] == list(range(stop, COUNT)), "and what was after the keyframe behind it"
        assert all(near(picture, number, pictures) for number, picture in found)
        assert video.lost(COUNT) == [k for k in range(video.end) if k not in numbers]


def test_the_edge_of_a_hole_is_known_once_it_was_looked_at(folder: Path) -> None:
    tear(folder, 50, 53)
    with opened(folder) as video:
        assert video.lost(COUNT)[0] == 51
        video.look_at_edges()
        assert video.lost(COUNT)[0] == 50


@pytest.mark.parametrize("last", [2, 40, 84, 128])
def test_the_end_of_what_is_whole_is_known_once_it_was_looked_at(folder: Path, last: int) -> None:
    zero_from(folder, last)
    with opened(folder) as video:
        assert (video.end, video.whole_end, video.lost(COUNT)) == (last + 1, last + 1, [])
        video.look_at_edges()
        assert (video.end, video.whole_end, video.lost(COUNT)) == (last + 1, last, [last])


def test_an_end_that_is_lost_over_keyframes_is_looked_at_as_far_back(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "walk"
    write_replay(folder, COUNT)  # noise that jumps: a keyframe every few frames
    with SeekableVideo(folder / "video.mkv") as video:
        keys = [key for key in video.keyframes if key >= COUNT - 30]
    for key in keys:
        rot(folder, key)
    with opened(folder) as video:
        video.look_at_edges()
        assert len(keys) > 5 and video.whole_end == keys[0] and video.lost(COUNT) == list(range(keys[0], COUNT))
    with ReplayVideo(written / "video.mkv", make_header(height=48)) as video:
        video.look_at_edges()
        assert video.whole_end == 0, "no picture of that size is there"


@pytest.mark.parametrize("start", [0, 60, 66])
def test_a_frame_that_does_not_decode_takes_those_that_lean_on_it(folder: Path, pictures: Pictures, start: int) -> None:
    stop = key_after(folder, 65)
    rot(folder, 65)
    with opened(folder) as video:
        assert video.lost(COUNT) == [], "no time is missing"
        found = list(video.frames_from(start))
        assert [number for number, _ in found] == [*range(start, 65), *range(stop, COUNT)]
        assert all(near(picture, number, pictures) for number, picture in found)
        assert video.lost(COUNT) == list(range(65, stop))


def test_an_error_of_the_decoder_ends_only_what_leans_on_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = key_after(folder, 65)
    decode = SeekableVideo.decoded_from

    def fails(video: SeekableVideo, index: int) -> Iterator[tuple[int, object]]:
        for number, frame in decode(video, index):
            if number == 65:
                raise DataError("no slice")
            yield number, frame

    monkeypatch.setattr(SeekableVideo, "decoded_from", fails)
    with opened(folder) as video:
        assert [number for number, _ in video.frames_from(10)] == [*range(10, 65), *range(stop, COUNT)]
        assert [number for number, _ in video.frames_from(64)] == [64, *range(stop, COUNT)]


def test_frames_that_the_decoder_leaves_out_are_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = key_after(folder, 65)
    decode = SeekableVideo.decoded_from
    monkeypatch.setattr(
        SeekableVideo,
        "decoded_from",
        lambda video, index: (found for found in decode(video, index) if found[0] not in (65, COUNT - 1)),
    )
    with opened(folder) as video:
        assert [number for number, _ in video.frames_from(0)] == [*range(65), *range(stop, COUNT - 1)]


def test_pictures_of_another_size_are_none(written: Path) -> None:
    with ReplayVideo(written / "video.mkv", make_header(height=48)) as video:
        assert list(video.frames_from(0)) == [] and len(video.lost(COUNT)) == COUNT


@pytest.mark.parametrize("fps", [19.0, 16.0, 40.5])
def test_frames_that_stand_between_two_of_the_rate_are_refused(written: Path, fps: float) -> None:
    with pytest.raises(DataError, match=r"video\.mkv: its frames are not shown one after the other"):
        ReplayVideo(written / "video.mkv", make_header(fps=fps))


def test_frames_out_of_order_are_refused(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = SeekableVideo._read_times

    def exchanged(video: SeekableVideo) -> tuple[list[int], list[int]]:
        times, keys = read(video)
        return [*times[:50], times[51], times[50], *times[52:]], keys

    monkeypatch.setattr(SeekableVideo, "_read_times", exchanged)
    with pytest.raises(DataError, match="not shown one after the other"):
        opened(written)


def test_pictures_are_those_that_were_written(written: Path, pictures: Pictures) -> None:
    with opened(written) as video:
        assert alike(np.stack([picture for _, picture in video.frames_from(0)]), pictures)
