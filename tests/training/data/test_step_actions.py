import numpy as np
import pytest

from model.actions import MAX_CAMERA_DEGREES
from training.data.step_actions import MOST_FRAMES, check_steps


def steps(column: int, value: float) -> np.ndarray:
    actions = np.zeros((5, 11), np.float32)
    actions[3, column] = value
    return actions


@pytest.mark.parametrize("value", [2.0, 0.5, -1.0, np.nan, np.inf])
def test_keys_are_held_or_not(value: float) -> None:
    with pytest.raises(ValueError, match="keys"):
        check_steps(steps(8, value))


@pytest.mark.parametrize("degrees", [1e9, -1e9, MOST_FRAMES * MAX_CAMERA_DEGREES * 1.001, np.nan, np.inf])
@pytest.mark.parametrize("column", [9, 10])
def test_turns_are_those_of_hands(column: int, degrees: float) -> None:
    with pytest.raises(ValueError, match="camera"):
        check_steps(steps(column, degrees / 15))


def test_a_step_may_turn_as_far_as_all_its_frames() -> None:
    check_steps(steps(9, -MOST_FRAMES * MAX_CAMERA_DEGREES / 15))
    check_steps(steps(0, 1.0))
