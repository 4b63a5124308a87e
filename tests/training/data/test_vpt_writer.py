import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.actions import KEYS
from model.errors import DataError, RunError
from model.footage.clip import Actions, Clip
from model.footage.gf_minecraft import GFMinecraft
from model.footage.video import open_video
from model.footage.vpt import VPT
from tests.model.footage.recordings import make_frames, make_log, numbers_of, write_recording
from tests.model.footage.single import Single, looking
from training.data.vpt_writer import write_vpt

FUZZ = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def make_actions(count: int, seed: int = 0) -> Actions:
    rng = np.random.default_rng(seed)
    actions = np.zeros((count, 11), np.float32)
    actions[1:, :9] = rng.integers(0, 2, (count - 1, 9))
    actions[1:, 9:] = rng.normal(0, 0.3, (count - 1, 2))
    return actions


def single(actions: Actions, name: str = "one") -> Single:
    return Single(Clip(name, make_frames(len(actions)), actions))


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_copy_in_vpts_layout_reads_back_to_the_bit(shared_footage: Path, tmp_path: Path) -> None:
    source, done = GFMinecraft(shared_footage), []
    write_vpt(source, tmp_path / "out", lambda: done.append(1))
    copy = VPT(tmp_path / "out")
    assert len(done) == 3 and copy.names == source.names and copy.frame_counts == source.frame_counts
    assert copy.fps == source.fps == 16.0 and copy.size == source.size
    for index in range(3):
        assert copy.actions(index).tobytes() == source.actions(index).tobytes()
        off = copy.read(index).frames.astype(float) - source.read(index).frames
        assert np.abs(off @ (0.299, 0.587, 0.114)).mean() < 3  # 4:2:0 keeps brightness, and colour of larger patches
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".jsonl"] * 3 + [".mp4"] * 3
    with open_video(tmp_path / "out" / "a.mp4") as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


UNITS = st.floats(-12, 12, width=32)
NODS = st.floats(-0.96875, 0.96875, width=32)  # six of which reach neither straight up nor down


@FUZZ
@given(rows=st.lists(st.tuples(st.lists(st.booleans(), min_size=9, max_size=9), NODS, UNITS), min_size=0, max_size=6))
def test_any_actions_come_back_to_the_bit(
    rows: list[tuple[list[bool], float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    actions = np.array([[0] * 11, *([*keys, pitch, yaw] for keys, pitch, yaw in rows)], np.float32)
    out = tmp_path_factory.mktemp("any")
    write_vpt(single(actions), out)
    copy = VPT(out)
    assert copy.actions(0).tobytes() == actions.tobytes()
    assert numbers_of(copy.read(0).frames) == list(range(len(actions)))


def test_what_comes_back_of_motion_past_straight_down_is_what_turned(tmp_path: Path) -> None:
    actions = np.zeros((5, 11), np.float32)
    actions[1:, -2] = 4, 4, 1, -2  # 60, 120, 135, and then 60 degrees down
    write_vpt(single(actions), tmp_path)
    assert [line["pitch"] for line in lines_of(tmp_path / "one.jsonl")] == [0, 60, 90, 90, 60]
    assert VPT(tmp_path).actions(0)[:, -2].tolist() == [0, 4, 2, 0, -2]


def test_lines_are_as_recorders_write_them(tmp_path: Path) -> None:
    actions = np.zeros((5, 11), np.float32)
    actions[1:4, KEYS.index("forward")] = 1
    actions[2, KEYS.index("sprint")] = 1
    actions[1:3, KEYS.index("attack")] = 1
    actions[3, KEYS.index("use")] = 1
    actions[1, -2:] = 0.5, -0.25  # 7.5 degrees down, 3.75 left
    actions[3, -1] = 1.0
    write_vpt(single(actions), tmp_path)
    lines = lines_of(tmp_path / "one.jsonl")
    assert [line["tick"] for line in lines] == [0, 1, 2, 3, 4]
    assert [line["milli"] for line in lines] == [0, 62, 125, 188, 250]  # 16 frames a second
    assert not any(line["isGuiOpen"] or line["isGuiInventory"] for line in lines)
    w, ctrl = "key.keyboard.w", "key.keyboard.left.control"
    assert [line["keyboard"]["keys"] for line in lines] == [[w], [w, ctrl], [w], [], []]
    assert [line["keyboard"]["newKeys"] for line in lines] == [[], [ctrl], [], [], []]
    assert [line["mouse"]["buttons"] for line in lines] == [[0], [0], [1], [], []]
    assert [line["mouse"]["newButtons"] for line in lines] == [[], [], [1], [], []]
    assert [(line["mouse"]["dx"], line["mouse"]["dy"]) for line in lines] == [
        (-25, 50),
        (0, 0),
        (100, 0),
        (0, 0),
        (0, 0),
    ]
    # where the player looks in the frame of the line
    assert [line["yaw"] for line in lines] == [0, -3.75, -3.75, 11.25, 11.25]
    assert [line["pitch"] for line in lines] == [0, 7.5, 7.5, 7.5, 7.5]
    assert lines[0]["mouse"].keys() >= {"x", "y", "dwheel", "scaledX", "scaledY"} and lines[0]["hotbar"] == 0


def test_videos_that_are_so_already_are_copied(tmp_path: Path) -> None:
    write_vpt(single(make_actions(6)), tmp_path / "first")
    write_vpt(VPT(tmp_path / "first"), tmp_path / "second")
    one, two = ((tmp_path / folder / "one.mp4").read_bytes() for folder in ("first", "second"))
    assert one == two
    assert lines_of(tmp_path / "first" / "one.jsonl") == lines_of(tmp_path / "second" / "one.jsonl")


def test_a_video_of_other_frames_than_actions_is_not_copied(tmp_path: Path) -> None:
    write_vpt(single(make_actions(6)), tmp_path / "first")
    short = Single(single(make_actions(7)).clip, path=tmp_path / "first" / "one.mp4")
    with pytest.raises(DataError, match="one: the video has 6 frames but there are 7 actions; copy the clip again"):
        write_vpt(short, tmp_path / "second")
    assert list((tmp_path / "second").iterdir()) == []


def test_parts_between_menus_become_recordings(tmp_path: Path) -> None:
    write_recording(tmp_path / "in", "a", make_log(14, menus=[(4, 6)]))
    source = VPT(tmp_path / "in", shortest=1)
    write_vpt(source, tmp_path / "out")
    copy = VPT(tmp_path / "out")
    assert copy.names == ("a_from_000000", "a_from_000006") and copy.frame_counts == (4, 8)
    for index in range(2):
        assert copy.actions(index).tobytes() == source.actions(index).tobytes()
        assert numbers_of(copy.read(index).frames) == numbers_of(source.read(index).frames)


def test_nothing_is_overwritten_and_nothing_leaves_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_vpt(single(make_actions(3), "früh am Tag"), tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(DataError, match="out: is not empty; choose another folder or remove it"):
        write_vpt(single(make_actions(4)), tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    with pytest.raises(DataError, match=r"'\.\./x' is no name of a file"):
        write_vpt(single(make_actions(3), "../x"), tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_clip_that_fails_leaves_nothing_half_written(tmp_path: Path) -> None:
    class Torn(Single):
        def chunks(self, index: int) -> Any:
            yield self.clip.frames[:2]
            raise DataError("torn")

    with pytest.raises(DataError, match="torn"):
        write_vpt(Torn(single(make_actions(3)).clip), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_odd_sides_cannot_be_written(tmp_path: Path) -> None:
    clip = Clip("odd", make_frames(3)[:, :31], make_actions(3))
    with pytest.raises(DataError, match="48x31: VPT's videos have even sides only; resize the footage first"):
        write_vpt(Single(clip), tmp_path / "out")


def test_a_disk_that_cannot_take_it_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RunError, match="could not be written"):
        write_vpt(single(make_actions(3)), tmp_path / "file" / "out")


def test_a_copy_looks_where_its_source_does(tmp_path: Path) -> None:
    write_vpt(looking(31.25), tmp_path)
    assert VPT(tmp_path, shortest=1).pitch(0) == 31.25
    assert [round(line["pitch"], 3) for line in lines_of(tmp_path / "walk.jsonl")][:3] == [31.25, 28.25, 25.25]
