import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.actions import KEYS, Action
from model.errors import DataError
from model.footage.vpt_actions import Log, read_log

from .recordings import make_line, write_log

FUZZ = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

GOLDEN = (
    '{"mouse": {"x": 640.0, "y": 360.0, "dx": 0.0, "dy": 0.0, "scaledX": 0.0, "scaledY": 0.0, "dwheel": 0.0, '
    '"buttons": [], "newButtons": []}, "keyboard": {"keys": ["key.keyboard.w"], "newKeys": [], "chars": ""}, '
    '"hotbar": 0, "tick": 4, "milli": 1630001112223, "isGuiOpen": false, "yaw": 171.0, "pitch": 12.3}\n'
    '{"mouse": {"x": 664.0, "y": 351.0, "dx": 24.0, "dy": -9.0, "scaledX": 24.0, "scaledY": 9.0, "dwheel": -1.0, '
    '"buttons": [0, 2], "newButtons": [0, 2]}, "keyboard": {"keys": ["key.keyboard.w", "key.keyboard.left.control", '
    '"key.keyboard.space", "key.keyboard.7"], "newKeys": ["key.keyboard.space"], "chars": "7"}, '
    '"hotbar": 6, "tick": 5, "milli": 1630001112273, "isGuiOpen": false, "yaw": 171.0, "pitch": 12.3}\n'
    '{"mouse": {"x": 320.0, "y": 100.0, "dx": 4000.0, "dy": 25.0, "scaledX": 0.0, "scaledY": 0.0, "dwheel": 0.0, '
    '"buttons": [1], "newButtons": [1]}, "keyboard": {"keys": ["key.keyboard.e", "key.keyboard.w"], "newKeys": '
    '["key.keyboard.e"], "chars": "e"}, "hotbar": 6, "tick": 6, "milli": 1630001112323, "isGuiOpen": true}\n'
    '{"mouse": {"x": 320.0, "y": 100.0, "dx": -1, "dy": 0.5, "buttons": [1], "newButtons": []}, '
    '"keyboard": {"keys": ["key.keyboard.a", "key.keyboard.s", "key.keyboard.d", "key.keyboard.left.shift", '
    '"key.keyboard.unknown"]}, "isGuiOpen": false}\n'
)
"""Made-up lines as contractors' recorders write them."""


def read_lines(tmp_path: Path, *lines: Any) -> Log:
    path = tmp_path / "one.jsonl"
    write_log(path, lines)
    return read_log(path)


def keys_of(row: np.ndarray) -> set[str]:
    return {key for key, value in zip(KEYS, row, strict=False) if value}


@pytest.mark.parametrize(
    ("pitch", "dy", "turned"),
    [
        (85.0, 20, 3.0),
        (85.0, 100, 5.0),  # 15 degrees asked
        (90.0, 100, 0.0),
        (-90.0, -7, 0.0),
        (-89.9, -7, -0.1),
        (90.0, -100, -15.0),
    ],
)
def test_motion_past_straight_up_or_down_turns_nothing(tmp_path: Path, pitch: float, dy: float, turned: float) -> None:
    log = read_lines(tmp_path, make_line(dy=dy, pitch=pitch))
    assert Action.from_vector(log.actions[0]).pitch == pytest.approx(turned, abs=1e-5)


def test_where_the_log_does_not_say_where_one_looks_all_motion_turns(tmp_path: Path) -> None:
    line = make_line(dy=700)
    del line["pitch"]
    log = read_lines(tmp_path, line, make_line(dy=700))
    assert log.actions[:, -2].tolist() == [7.0, pytest.approx(86 / 15)] and log.stopped.tolist() == [False, True]


def test_motion_that_reaches_straight_down_is_not_cut_for_a_rounded_pitch(tmp_path: Path) -> None:
    """As arvd writes it: to the bit."""
    log = read_lines(tmp_path, make_line(dy=100 / 3, pitch=85.0 + 1e-4))
    assert log.actions[0, -2] == np.float32(1 / 3)


def test_lines_of_a_recorder_are_read_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text(GOLDEN)
    log = read_log(path)
    assert log.actions.dtype == np.float32 and log.in_menu.tolist() == [False, False, True, False]
    held = [{"forward"}, {"forward", "sprint", "jump", "attack"}, set(), {"back", "left", "right", "sneak", "use"}]
    assert [keys_of(row) for row in log.actions] == held
    expected = np.array([[0, 0], [-0.09, 0.24], [0, 0], [0.005, -0.01]], np.float32)  # 100 pixels are a unit
    np.testing.assert_array_equal(log.actions[:, -2:], expected)
    turn = Action.from_vector(log.actions[1])
    assert (turn.yaw, turn.pitch) == (pytest.approx(3.6), pytest.approx(-1.35))  # right and up
    assert log.pitch.tolist() == [12.3, 12.3, 0, 0]  # level where a line does not say


def test_less_than_a_degree_is_kept(tmp_path: Path) -> None:
    log = read_lines(tmp_path, make_line(dx=0.1, dy=-0.003))
    assert Action.from_vector(log.actions[0]).yaw == pytest.approx(0.015)
    assert Action.from_vector(log.actions[0]).pitch == pytest.approx(-0.00045)


@pytest.mark.parametrize(
    ("first_new", "later_new", "attacks"),
    [
        ([0], {}, [0, 0, 0, 0]),
        ([0], {2: [0]}, [0, 0, 1, 1]),
        ([0], {2: [1, 0]}, [0, 0, 1, 1]),
        ([0], {2: [1]}, [0, 0, 0, 0]),
        ([], {}, [1, 1, 1, 1]),
        ([0, 1], {}, [1, 1, 1, 1]),
    ],
)
def test_an_attack_that_sticks_from_the_first_line_counts_once_pressed_again(
    first_new: list[int], later_new: dict[int, list[int]], attacks: list[int], tmp_path: Path
) -> None:
    new = [first_new, *(later_new.get(tick, []) for tick in (1, 2, 3))]
    log = read_lines(tmp_path, *(make_line(tick, buttons=[0, 1], new=new[tick]) for tick in range(4)))
    assert log.actions[:, KEYS.index("attack")].tolist() == attacks
    assert log.actions[:, KEYS.index("use")].all()


def test_a_press_inside_a_menu_also_frees_a_stuck_attack(tmp_path: Path) -> None:
    lines = [make_line(buttons=[0], new=[0]), make_line(buttons=[0], new=[0], menu=True), make_line(buttons=[0])]
    assert read_lines(tmp_path, *lines).actions[:, KEYS.index("attack")].tolist() == [0, 0, 1]


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
def test_what_was_typed_may_be_in_either_encoding(encoding: str, tmp_path: Path) -> None:
    line = make_line(keys=["key.keyboard.d"])
    line["keyboard"]["chars"] = "é€"
    path = tmp_path / "one.jsonl"
    path.write_bytes(json.dumps(line, ensure_ascii=False).encode(encoding))
    assert keys_of(read_log(path).actions[0]) == {"right"}


def test_blank_lines_and_carriage_returns_are_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text(GOLDEN.replace("\n", "\r\n") + "\r\n\n")
    assert len(read_log(path)) == 4


def without(line: dict[str, Any], part: str, field: str) -> None:
    del line[part][field]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line.pop("mouse"), "lacks or garbles 'mouse'; expected isGuiOpen, mouse.dx"),
        (lambda line: line.pop("keyboard"), "lacks or garbles 'keyboard'"),
        (lambda line: line.pop("isGuiOpen"), "lacks or garbles 'isGuiOpen'"),
        (lambda line: without(line, "mouse", "dx"), "lacks or garbles 'dx'"),
        (lambda line: without(line, "mouse", "dy"), "lacks or garbles 'dy'"),
        (lambda line: without(line, "mouse", "buttons"), "lacks or garbles 'buttons'"),
        (lambda line: without(line, "mouse", "newButtons"), "lacks or garbles 'newButtons'"),
        (lambda line: without(line, "keyboard", "keys"), "lacks or garbles 'keys'"),
        (lambda line: line.update(mouse=None), "lacks or garbles"),
        (lambda line: line.update(isGuiOpen=0), "garbles isGuiOpen"),
        (lambda line: line["mouse"].update(buttons="0"), "garbles isGuiOpen, buttons"),
        (lambda line: line["keyboard"].update(keys={"key.keyboard.w": 1}), "garbles isGuiOpen, buttons"),
        (lambda line: line["mouse"].update(dx="3"), "'3', not a number"),
        (lambda line: line["mouse"].update(dy=True), "True, not a number"),
        (lambda line: line["mouse"].update(dx=10**400), "lacks or garbles"),
        (lambda line: line["mouse"].update(dx=math.nan), "not readable as JSON .NaN is no number"),
        (lambda line: line["mouse"].update(dy=math.inf), "not readable as JSON .Infinity is no number"),
        (lambda line: line["mouse"].update(dx=1201.0), "turns the camera by 0, 180.15 degrees; give dx and dy"),
        (lambda line: line["mouse"].update(dy=-1e9), "turns the camera by -1.5e.08, 0 degrees"),
    ],
)
def test_a_garbled_line_is_named(change: Callable[[dict[str, Any]], object], message: str, tmp_path: Path) -> None:
    garbled = make_line(1)
    change(garbled)
    with pytest.raises(DataError, match=message) as caught:
        read_lines(tmp_path, make_line(0), garbled, make_line(2))
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'one.jsonl'}: line 2 ") and "\n" not in text and ";" in text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "has no lines"),
        (b"\n \n", "has no lines"),
        (b"[]\n", "line 1 lacks or garbles"),
        (b"null", "line 1 lacks or garbles"),
        (b'"mouse"', "line 1 lacks or garbles"),
        (b'{"mouse": {"dx": 1e999, "dy": 0, "buttons": [], "newButtons": []}, "keyboard": {"keys": []}, '
         b'"isGuiOpen": false}', "line 1 turns the camera by 0, inf"),
        (b'{"mouse": ', "line 1 is not readable as JSON"),
        (b"[" * 100_000, "line 1 is not readable as JSON"),
        (b"\xff\xfe{\x00", "line 1 is not readable as JSON"),
        (b" " * (2 << 20), "line 1 is longer than 1 MiB"),
    ],
)  # fmt: skip
def test_what_is_no_log_is_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(data)
    with pytest.raises(DataError, match=message):
        read_log(path)


def test_a_log_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.footage.vpt_actions._MAX_LINES", 3)
    assert len(read_lines(tmp_path, *[make_line()] * 3)) == 3
    with pytest.raises(DataError, match="has more than 3 lines; cut the recording"):
        read_lines(tmp_path, *[make_line()] * 4)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@FUZZ
@given(
    place=st.sampled_from(
        [
            "mouse.dx",
            "mouse.dy",
            "mouse.buttons",
            "mouse.newButtons",
            "keyboard.keys",
            "isGuiOpen",
            "mouse",
            "hotbar",
            "pitch",
            "",
        ]
    ),
    value=JSON_VALUES,
)
def test_any_value_in_a_line_is_read_or_refused(place: str, value: object, tmp_path: Path) -> None:
    line: Any = make_line()
    part, _, field = place.rpartition(".")
    if not place:
        line = value
    else:
        (line[part] if part else line)[field] = value
    read_or_refuse(tmp_path / "one.jsonl", json.dumps(line).encode())


@FUZZ
@given(data=st.data())
def test_any_damage_to_the_bytes_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    original = GOLDEN.encode()
    place = data.draw(st.integers(0, len(original)))
    cut = place + data.draw(st.integers(0, 40))
    read_or_refuse(tmp_path / "one.jsonl", original[:place] + data.draw(st.binary(max_size=6)) + original[cut:])


def read_or_refuse(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    try:
        log = read_log(path)
    except DataError as error:
        assert "\n" not in str(error) and str(path) in str(error)
    else:
        assert len(log.actions) == len(log.pitch) == len(log) and np.abs(log.actions).max() <= 12
        assert np.abs(log.pitch).max() <= 90
