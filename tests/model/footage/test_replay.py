import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.actions import KEYS, Action
from model.errors import DataError
from model.footage import replay
from model.footage.replay import ReplayLine, ReplayStart, frame_hash, header_text, line_table, read_header, read_replay
from tests.replays import make_action, make_header, write_replay

FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

degrees = st.floats(-180, 180, allow_nan=False)
actions = st.builds(Action, **dict.fromkeys(KEYS, st.booleans()), pitch=degrees, yaw=degrees)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "20260102-030405 d\u00fcne"
    write_replay(folder, 12)
    return folder


def edit(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))


def edit_line(folder: Path, number: int, **fields: Any) -> None:
    """Change a line in place; the number counts from 0."""
    lines = (folder / "actions.jsonl").read_text().splitlines()
    lines[number] = json.dumps(json.loads(lines[number]) | fields)
    (folder / "actions.jsonl").write_text("\n".join(lines) + "\n")


def test_what_was_written_is_read_to_the_last_bit(folder: Path) -> None:
    read = read_replay(folder)
    assert read.header == make_header() and read.name == folder.name
    assert [line.action for line in read.lines] == [make_action(k) for k in range(12)]
    assert [line.index for line in read.lines] == list(range(12))
    assert [line.late for line in read.lines] == [k % 4 if k else 0 for k in range(12)]
    assert all(line.focus and not line.dropped for line in read.lines)


@given(
    header=st.builds(make_header, seed=st.integers(0, 2**63 - 1), world=st.text(max_size=30).filter(str.isprintable))
)
@FUZZ
def test_headers_survive_the_file(tmp_path: Path, header: replay.ReplayHeader) -> None:
    (tmp_path / "replay.toml").write_text(header_text(header), encoding="utf-8")
    assert read_header(tmp_path / "replay.toml") == header


@given(action=actions, number=st.integers(1, 5))
@FUZZ
def test_actions_survive_the_line_bit_by_bit(folder: Path, action: Action, number: int) -> None:
    edit_line(folder, number, **line_table(ReplayLine(index=number, action=action, time=1.0)))
    read = read_replay(folder).lines[number].action
    assert read == action and repr(read) == repr(action), "-0.0 is not 0.0"


@pytest.mark.parametrize("cut", range(1, 170, 13))
def test_a_torn_last_line_is_left_out(folder: Path, cut: int) -> None:
    path = folder / "actions.jsonl"
    os.truncate(path, path.stat().st_size - cut)
    assert len(read_replay(folder).lines) == (11 if cut < 160 else 10)


def test_zeros_of_a_power_failure_are_a_torn_line(folder: Path) -> None:
    with (folder / "actions.jsonl").open("ab") as file:
        file.write(b'{"index":12,' + b"\0" * 5000)
    assert len(read_replay(folder).lines) == 12


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("format = 1", "format = 2"), "format is 2, this arvd reads 1"),
        (lambda text: "surprise = 1\n" + text, "unknown key 'surprise'"),
        (lambda text: text.replace("seed = 7\n", ""), "'seed' is missing"),
        (lambda text: text.replace("seed = 7", "seed = -7"), "seed -7"),
        (lambda text: text.replace("seed = 7", 'seed = "7"'), "seed is '7'"),
        (lambda text: text.replace("width = 48", "width = 1000000000"), "is no video"),
        (lambda text: text.replace("fps = 20.0", "fps = nan"), "is no video"),
        (lambda text: text.replace("fps = 20.0", "fps = inf"), "is no video"),
        (lambda text: text.replace("fps = 20.0", f"fps = 1{'0' * 400}"), "not readable"),
        (lambda text: text.replace('kind = "picture"', 'kind = "pickle"'), "start.kind is 'pickle'"),
        (lambda text: text.replace("threads = 2", "threads = 0"), "0 threads"),
        (lambda text: text.replace('"forward",', '"fly",'), "learned names unknown keys"),
        (lambda text: text.replace('"tiny"', f'"{"y" * 300}"'), "is no name"),
        (lambda text: text.replace('"tiny"', '"a\\nb"'), "is no name"),
        (lambda text: text + "x = " + "[" * 5000, "not readable"),
        (lambda text: text + "#" * 70_000, "larger than 64 KiB"),
        (lambda text: text[:40], "not readable"),
    ],
)
def test_a_header_that_is_wrong_is_refused_by_name(folder: Path, change: Callable[[str], str], sentence: str) -> None:
    edit(folder / "replay.toml", change)
    with pytest.raises(DataError, match=sentence) as refused:
        read_replay(folder)
    assert "replay.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"index": 4}, "line 4 is of frame 4, not 3"),
        ({"index": 3.0}, "index is 3.0"),
        ({"action": {"yaw": 1e9}}, "yaw is 1000000000.0 degrees"),
        ({"action": {"yaw": float("nan")}}, "NaN is no number"),
        ({"action": {"pitch": "up"}}, "action.pitch is 'up'"),
        ({"action": {"fly": True}}, "unknown key 'fly' in action"),
        ({"action": {"jump": 1}}, "action.jump is 1"),
        ({"action": []}, "action must be a table"),
        ({"time": 10**400}, "line 4"),
        ({"ms": float("inf")}, "Infinity is no number"),
        ({"late": -1}, "late -1"),
        ({"hash": "../../etc/passwd"}, "hash is out of range"),
        ({"surprise": 1}, "unknown key 'surprise'"),
        ({"focus": "yes"}, "focus is 'yes'"),
    ],
)
def test_a_line_that_is_wrong_is_refused_by_number(folder: Path, fields: dict[str, Any], sentence: str) -> None:
    edit_line(folder, 3, **fields)
    with pytest.raises(DataError, match=sentence) as refused:
        read_replay(folder)
    assert "actions.jsonl" in str(refused.value) and "line 4" in str(refused.value)


def test_a_newer_format_is_not_to_be_copied_again(folder: Path) -> None:
    edit(folder / "replay.toml", lambda text: text.replace("format = 1", "format = 99\nmood = 'new'"))
    with pytest.raises(DataError) as refused:
        read_replay(folder)
    path = folder / "replay.toml"
    assert str(refused.value) == f"{path}: format is 99, this arvd reads 1; update arvd or record again"


def test_a_start_picture_that_is_missing_is_to_be_restored(folder: Path) -> None:
    assert read_replay(folder).start_picture() == folder / "start.png"
    (folder / "start.png").unlink()
    with pytest.raises(DataError, match=r"start\.png: missing, and the replay begins with it; restore it or copy"):
        read_replay(folder).start_picture()


def test_an_action_before_the_first_picture_is_refused(folder: Path) -> None:
    edit_line(folder, 0, action={"forward": True})
    with pytest.raises(DataError, match="no action led to the first picture"):
        read_replay(folder)


@pytest.mark.parametrize("name", ["replay.toml", "actions.jsonl", "video.mkv"])
def test_what_is_missing_or_leads_out_is_refused_by_name(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((folder / name).read_bytes())
    (folder / name).unlink()
    with pytest.raises(DataError, match=f"{name}: missing"):
        read_replay(folder)
    (folder / name).symlink_to(tmp_path / name)
    with pytest.raises(DataError, match=f"{name}: leads out"):
        read_replay(folder)
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises(DataError, match=f"{name}: missing"):
        read_replay(folder)


def test_more_frames_than_any_replay_has_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MAX_FRAMES", 8)
    with pytest.raises(DataError, match="more than the 8 frames"):
        read_replay(folder)


def test_a_state_is_no_start_of_a_session() -> None:
    with pytest.raises(ValueError, match="index 3"):
        ReplayStart(kind="picture", scene="one", index=3)
    assert replace(make_header(), start=ReplayStart(kind="state", scene="one", index=3)).start.index == 3


@given(data=st.data(), name=st.sampled_from(["replay.toml", "actions.jsonl"]))
@FUZZ
def test_mutated_files_are_read_or_refused(folder: Path, data: st.DataObject, name: str) -> None:
    original = (folder / name).read_bytes()
    mutated = bytearray(original)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        piece = data.draw(st.one_of(st.binary(max_size=4), st.sampled_from([b"1e999", b"[[", b'"', b"\n", b"-", b"{"])))
        mutated[at : at + data.draw(st.integers(0, 4))] = piece
        mutated = mutated or bytearray(b" ")
    (folder / name).write_bytes(mutated)
    try:
        assert len(read_replay(folder).lines) <= 20
    except DataError as error:
        assert name in str(error)
    finally:
        (folder / name).write_bytes(original)


def test_the_hash_tells_frames_apart_however_they_lie_in_memory() -> None:
    frame = np.arange(32 * 48 * 3, dtype=np.uint8).reshape(32, 48, 3)
    assert frame_hash(frame) == frame_hash(np.asfortranarray(frame))
    assert frame_hash(frame) != frame_hash(frame[::-1])
