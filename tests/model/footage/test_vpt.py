import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.errors import DataError
from model.footage.folder import open_dataset
from model.footage.seek import SeekableVideo
from model.footage.video import read_head
from model.footage.vpt import VPT

from .recordings import HEIGHT, WIDTH, make_line, make_log, numbers_of, write_log, write_recording

FUZZ = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def yaws(dataset: VPT, index: int) -> list[int]:
    """Pixels that the mouse moved right before each frame."""
    return [round(100 * yaw) for yaw in dataset.actions(index)[:, -1].tolist()]


def digest_of_level(folder: Path, name: str, part: str) -> str:
    """Digest of the frames "START END" of a recording in which the camera begins level and never stops."""
    whole = hashlib.sha256()
    for suffix in (".mp4", ".jsonl"):
        whole.update(hashlib.sha256((folder / f"{name}{suffix}").read_bytes()).digest())
    return hashlib.sha256(f"{whole.hexdigest()} {part}".encode()).hexdigest()


def test_what_was_done_at_a_frame_led_to_the_next(tmp_path: Path) -> None:
    lines = [make_line(0, keys=["key.keyboard.w"], dx=7), make_line(1, dx=20), make_line(2, dx=300)]
    write_recording(tmp_path, "steve-0a1b", lines)
    dataset = VPT(tmp_path)
    assert dataset.names == ("steve-0a1b",) and dataset.fps == 20.0 and dataset.size == (HEIGHT, WIDTH)
    actions = dataset.actions(0)
    assert actions.shape == (3, 11) and actions.dtype == np.float32
    assert not actions[0].any()  # nothing led to the first frame; the last line led to none
    assert actions[1, 0] == 1 and actions[2, 0] == 0 and yaws(dataset, 0) == [0, 7, 20]
    assert dataset.known(0).all()
    clip = dataset.read(0)
    assert numbers_of(clip.frames) == [0, 1, 2] and len(clip) == 3


def test_menus_part_a_recording_and_are_left_out(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(30, menus=[(5, 9), (15, 16), (28, 30)]))
    dataset = VPT(tmp_path, shortest=1)
    assert dataset.names == ("a_from_000000", "a_from_000009", "a_from_000016")
    assert dataset.frame_counts == (5, 6, 12) and dataset.menu_frames == 7 and dataset.short_frames == 0
    for index, (start, end) in enumerate([(0, 5), (9, 15), (16, 28)]):
        # line t turned by t + 1 pixels on the way to frame t + 1; what led out of the menu is not known
        assert yaws(dataset, index) == [0, *range(start + 1, end)]
        assert numbers_of(dataset.read(index).frames) == list(range(start, end))
        assert dataset.video(index) is None and dataset.files(index) == ()
    assert len({dataset.digest(index) for index in range(3)}) == 3


def test_a_clip_begins_with_the_pitch_that_the_log_states(tmp_path: Path) -> None:
    lines = make_log(30, menus=[(5, 9)])
    for tick, line in enumerate(lines):
        line["pitch"] = tick - 20.5
    write_recording(tmp_path, "a", lines)
    dataset = VPT(tmp_path, shortest=1)
    assert [dataset.pitch(index) for index in range(2)] == [-20.5, -11.5]
    stated = [dataset.digest(index) for index in range(2)]
    for line in lines:
        del line["pitch"]
    write_log(tmp_path / "a.jsonl", lines)
    silent = VPT(tmp_path, shortest=1)
    assert [silent.pitch(index) for index in range(2)] == [0, 0]
    before = [digest_of_level(tmp_path, "a", part) for part in ("0 5", "9 30")]
    assert [silent.digest(index) for index in range(2)] == before, "caches of level clips stay good"
    assert not set(stated) & set(before)


def test_a_recording_that_begins_in_a_menu_has_one_part(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(30, menus=[(0, 3)]))
    assert VPT(tmp_path).names == ("a_from_000003",)
    assert yaws(VPT(tmp_path), 0)[:3] == [0, 4, 5]


def test_glimpses_between_menus_are_left_out_and_counted(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(30, menus=[(4, 6), (26, 28)]))
    write_recording(tmp_path, "short", make_log(3))
    dataset = VPT(tmp_path)
    assert dataset.names == ("a_from_000006", "short")  # no menu cut the short one
    assert dataset.menu_frames == 4 and dataset.short_frames == 6
    assert VPT(tmp_path, shortest=3).names == ("a_from_000000", "a_from_000006", "short")


def test_some_recordings_of_many_whatever_the_others_are(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(12), frames=20)
    write_recording(tmp_path, "b", make_log(12))
    write_recording(tmp_path / "deeper", "c", make_log(13))
    assert VPT(tmp_path, names={"b", "deeper__c"}).frame_counts == (12, 13)
    with pytest.raises(DataError, match="a: the video has 20 frames"):
        VPT(tmp_path, names={"a"})


def test_nothing_but_menus_is_no_footage(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(6, menus=[(0, 6)]))
    with pytest.raises(DataError, match="shows menus only, or nothing for as long as 20 frames"):
        VPT(tmp_path)


@pytest.mark.parametrize(("frames", "kept"), [(12, 12), (13, 12), (11, 11)])
def test_one_frame_more_or_less_is_cut_off(frames: int, kept: int, tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(12), frames=frames)
    dataset = VPT(tmp_path)
    assert dataset.frame_counts == (kept,) and numbers_of(dataset.read(0).frames) == list(range(kept))
    assert yaws(dataset, 0) == list(range(kept))
    assert (dataset.video(0) is None) == (frames > kept)


@pytest.mark.parametrize("frames", [10, 14])
def test_more_than_one_frame_more_or_less_is_refused(frames: int, tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(12), frames=frames)
    with pytest.raises(DataError, match=f"a: the video has {frames} frames but the log 12 lines; copy both again"):
        VPT(tmp_path)


def lie(monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    """Make the heads of all videos state so many frames."""
    monkeypatch.setattr("model.footage.vpt.read_head", lambda path: replace(read_head(path), frames=frames))


@pytest.mark.parametrize("frames", [9, 15])
def test_a_lying_head_is_found_out(frames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path, "a", make_log(12), frames=frames)
    lie(monkeypatch, 12)
    dataset = VPT(tmp_path)
    with pytest.raises(DataError, match=f"a: the video has {frames} frames but the log 12 lines"):
        list(dataset.chunks(0))


def test_a_head_that_states_no_length_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path, "a", make_log(12), frames=11)
    lie(monkeypatch, 0)
    assert VPT(tmp_path).frame_counts == (11,)


@pytest.mark.parametrize("lost", [3, 11])
def test_a_frame_that_does_not_decode_is_named(lost: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path, "a", make_log(12))
    decode = SeekableVideo.frames_from
    monkeypatch.setattr(
        SeekableVideo, "frames_from", lambda video, at: (found for found in decode(video, at) if found[0] != lost)
    )
    with pytest.raises(DataError, match=rf"a\.mp4: frame {lost} does not decode; copy the video again or remove it"):
        VPT(tmp_path).read(0)


def test_recordings_lie_in_any_folder_and_other_files_are_passed_over(tmp_path: Path) -> None:
    for folder in ("", "6.x", "tief im wäld"):
        write_recording(tmp_path / folder, "a b", make_log(4))
    (tmp_path / "index.json").write_text(json.dumps({"basedir": "https://example.org/", "relpaths": ["../x.mp4"]}))
    (tmp_path / "a b-options.json").write_text("{}")
    (tmp_path / "a b.zip").write_bytes(b"PK")
    (tmp_path / "alone.mp4").write_bytes(b"")
    dataset = VPT(tmp_path)
    assert dataset.names == ("6.x__a b", "a b", "tief im wäld__a b")
    assert dataset.files(1) == (tmp_path / "a b.jsonl", tmp_path / "a b.mp4")
    assert isinstance(open_dataset(tmp_path), VPT)


def test_missing_parts_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        VPT(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"holds no recordings; expected \*.mp4 and \*.jsonl"):
        VPT(tmp_path)
    write_log(tmp_path / "a.jsonl", make_log(4))
    with pytest.raises(DataError, match=r"a\.jsonl: its video a\.mp4 is missing; restore it or remove the log"):
        VPT(tmp_path)


def test_recordings_of_another_size_or_rate_are_refused(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(4))
    write_recording(tmp_path, "b", make_log(4), fps=16)
    with pytest.raises(DataError, match=r"b\.mp4: is 48x32 at 16 frames/s, other recordings are 48x32 at 20"):
        VPT(tmp_path)


def test_a_rate_that_is_off_by_little_is_that_of_the_ticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_recording(tmp_path, "a", make_log(4))
    monkeypatch.setattr("model.footage.vpt.read_head", lambda path: replace(read_head(path), fps=19.97))
    assert VPT(tmp_path).fps == 20.0


def test_a_part_may_not_take_the_name_of_a_recording(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(30, menus=[(0, 2)]))
    write_recording(tmp_path, "a_from_000002", make_log(4))
    with pytest.raises(DataError, match=r"another clip is called a_from_000002 as well; rename"):
        VPT(tmp_path)


def test_the_digest_of_a_clip_whose_motion_was_stopped_is_of_what_turned(tmp_path: Path) -> None:
    """Caches from when all motion was taken for turns are not taken for this."""
    digests = []
    for pitch in (0.0, 85.0):
        folder = tmp_path / str(pitch)
        folder.mkdir()
        write_recording(folder, "one", [make_line(tick, dy=100, pitch=pitch) for tick in range(25)])
        digests.append(VPT(folder))
    free, stopped = digests
    assert free.actions(0)[1, -2] == 1 and stopped.actions(0)[1, -2] == np.float32(1 / 3)
    assert free.digest(0) == digest_of_level(tmp_path / "0.0", "one", "0 25"), "as it always was"
    assert stopped.digest(0) != digest_of_level(tmp_path / "85.0", "one", "0 25")


def test_digest_follows_log_and_video(tmp_path: Path) -> None:
    write_recording(tmp_path, "a", make_log(12))
    first = VPT(tmp_path).digest(0)
    assert first == VPT(tmp_path).digest(0) and len(first) == 64
    write_log(tmp_path / "a.jsonl", [*make_log(11), make_line(11)])
    second = VPT(tmp_path).digest(0)
    with (tmp_path / "a.mp4").open("ab") as file:
        file.write(b"\0" * 8)
    assert len({first, second, VPT(tmp_path).digest(0)}) == 3


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    write_recording(tmp_path / "outside", "b", make_log(4))
    write_recording(tmp_path / "in", "a", make_log(4))
    (tmp_path / "in" / "b.jsonl").symlink_to(tmp_path / "outside" / "b.jsonl")
    with pytest.raises(DataError, match=r"b\.jsonl: leads out of"):
        VPT(tmp_path / "in")


@FUZZ
@given(place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=16), whole=st.booleans())
def test_any_damage_to_a_video_is_read_or_refused(place: float, noise: bytes, whole: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    if not path.exists():
        write_recording(tmp_path, "a", make_log(30, menus=[(3, 5)]))
        path.with_suffix(".kept").write_bytes(path.read_bytes())
    original = path.with_suffix(".kept").read_bytes()
    start = int(place * (len(original) - 1))
    rest = original[start + len(noise) :] if whole else b""
    path.write_bytes(original[:start] + noise + rest)
    try:
        dataset = VPT(tmp_path, shortest=1)
        clips = [dataset.read(index) for index in range(len(dataset.names))]
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert tuple(map(len, clips)) == dataset.frame_counts
