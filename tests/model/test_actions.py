import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.actions import ACTION_SIZE, KEYS, Action, parse_actions
from model.errors import ActionError


def test_the_design_example() -> None:
    actions = parse_actions("w*40, w+right*20, jump+w*8, idle*10, yaw:3.5*30")
    assert len(actions) == 108
    assert actions[0] == Action(forward=True) and actions[40] == Action(forward=True, yaw=3.0)
    assert actions[60] == Action(forward=True, jump=True) and actions[68] == Action() and actions[78] == Action(yaw=3.5)


def test_a_and_d_strafe_while_left_and_right_turn() -> None:
    assert parse_actions("a, d, left, right, up, down") == [
        Action(left=True), Action(right=True), Action(yaw=-3.0), Action(yaw=3.0), Action(pitch=-3.0), Action(pitch=3.0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "position"),
    [
        ("w*40, frob*3", 7),
        ("w*", 3),
        ("w*x", 3),
        ("", 1),
        ("w*3,,s", 5),
        ("w*0", 3),
        ("yaw:abc", 1),
        ("w+*3", 3),
        ("w * -3", 5),
        ("w*4*4", 3),
        ("w*3, yaw:200*2", 6),
        ("yaw:100+yaw:100", 1),
        ("w*40, ri/ght*3", 7),
    ],
)
def test_errors_name_the_position(script: str, position: int) -> None:
    with pytest.raises(ActionError, match=rf"position {position}\b") as caught:
        parse_actions(script)
    assert "\n" not in str(caught.value)


def test_too_many_frames_and_too_many_degrees() -> None:
    with pytest.raises(ActionError, match="more than"):
        parse_actions("w*999999999")
    with pytest.raises(ActionError, match="degrees"):
        parse_actions("yaw:100000")


@given(st.text(alphabet="wasd+*,:0123456789. idleyawpitchright-", max_size=60))
def test_any_text_parses_or_is_refused_in_one_sentence(script: str) -> None:
    try:
        actions = parse_actions(script[:60].replace("9", "1"))
    except ActionError as error:
        assert "\n" not in str(error)
    else:
        assert actions


@given(
    st.lists(st.booleans(), min_size=9, max_size=9),
    st.floats(-180, 180, width=32),
    st.floats(-180, 180, width=32),
)
def test_vectors_round_trip(keys: list[bool], pitch: float, yaw: float) -> None:
    action = Action(**dict(zip(KEYS, keys, strict=True)), pitch=pitch, yaw=yaw)
    vector = action.vector()
    assert vector.shape == (ACTION_SIZE,) and vector.dtype == np.float32
    back = Action.from_vector(vector)
    assert np.array_equal(back.vector()[:9], vector[:9])
    assert back.pitch == pytest.approx(pitch, rel=1e-6, abs=1e-6) and back.yaw == pytest.approx(yaw, rel=1e-6, abs=1e-6)
