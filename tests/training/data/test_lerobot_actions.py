import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.actions import ACTION_SIZE, KEYS
from model.errors import DataError
from training.data.lerobot_actions import NAMES, OURS, ActionNames, CameraUnit, action_names


def names_of(names: Any, unit: CameraUnit = "degrees") -> ActionNames:
    return action_names({"dtype": "float32", "names": names}, unit, "info.json")


@given(st.lists(st.tuples(*[st.booleans()] * 9, *[st.floats(-12, 12, width=32)] * 2), min_size=1, max_size=5))
def test_our_own_names_give_the_same_bits(rows: list[tuple[float, ...]]) -> None:
    vectors = np.array(rows, np.float32)
    for names in (names_of(list(NAMES)), OURS):
        assert names.vectors(vectors, "clip").tobytes() == vectors.tobytes()
        assert names.known().all()


def test_names_of_others_are_found_wherever_they_stand() -> None:
    found = names_of(["gripper", "Keyboard.W", "key_space", "mouse_left", "camera.yaw", "d", "delta_pitch_rad"])
    assert dict(found.columns) == {0: 1, 4: 2, 7: 3, 10: 4, 3: 5, 9: 6}
    row = np.array([[99.0, 1.0, 0.6, 0.4, 30.0, 1.0, math.pi / 2]], np.float32)
    vector = found.vectors(row, "clip")[0]
    assert vector[:9].tolist() == [1, 0, 0, 1, 1, 0, 0, 0, 0]
    assert vector[9:] == pytest.approx([6.0, 2.0])
    assert [KEYS[i] for i in np.flatnonzero(found.known()[:9])] == ["forward", "right", "jump", "attack"]


@pytest.mark.parametrize(("unit", "units"), [("degrees", 0.1), ("radians", 1.5 * math.degrees(1) / 15), ("units", 1.5)])
def test_a_camera_without_a_unit_is_in_that_asked_for(unit: CameraUnit, units: float) -> None:
    assert names_of(["yaw"], unit).vectors(np.array([[1.5]], np.float32), "")[0, 10] == pytest.approx(units)


@pytest.mark.parametrize("names", [{"motors": ["w", "s"]}, {"s": 1, "w": 0}, {"s": "1", "w": "0"}, ["w", "s"]])
def test_names_come_in_several_forms(names: Any) -> None:
    assert dict(names_of(names).columns) == {0: 0, 1: 1}


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (None, "does not name the numbers"),
        ([], "does not name the numbers"),
        ([1, 2], "does not name the numbers"),
        (["w"] * 2000, "does not name the numbers"),
        ({"w": 0, "s": 5}, "does not name the numbers"),
        (["shoulder_pan", "wrist.yaw"], r"no number of an action is known here \(shoulder_pan, wrist\.yaw\)"),
        (["w", "forward"], "'w' and 'forward' mean the same"),
    ],
)
def test_names_that_cannot_be_used(names: Any, reason: str) -> None:
    with pytest.raises(DataError, match=f"info.json: .*{reason}"):
        names_of(names)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (0, 1.5, "the key forward is not between 0 and 1"),
        (0, math.nan, "the key forward"),
        (9, 12.1, "pitch turns more than 180 degrees"),
        (10, math.nan, "yaw turns"),
        (10, math.inf, "yaw turns"),
        (10, -1e9, "yaw turns"),
    ],
)
def test_absurd_actions_are_refused(column: int, value: float, reason: str) -> None:
    rows = np.zeros((4, ACTION_SIZE), np.float32)
    rows[2, column] = value
    with pytest.raises(DataError, match=f"episode 3: {reason}"):
        OURS.vectors(rows, "episode 3")


@pytest.mark.parametrize("feature", [None, [], "action", {"names": {}}, {}])
def test_features_that_are_none(feature: Any) -> None:
    with pytest.raises(DataError, match="does not name"):
        action_names(feature, "degrees", "info.json")
