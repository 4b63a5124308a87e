from pathlib import Path

import numpy as np
import pytest

from model.footage.gf_minecraft import GFMinecraft
from training.data.shifted import ShiftedDataset


@pytest.mark.parametrize("frames", [-2, -1, 1, 2, 30])
def test_actions_move_and_frames_stay(shared_footage: Path, frames: int) -> None:
    whole = GFMinecraft(shared_footage)
    moved = ShiftedDataset(whole, frames)
    before, after = whole.actions(0), moved.actions(0)
    for k in range(1, len(before)):
        expected = before[k - frames] if 0 <= k - frames < len(before) else np.zeros(11)
        np.testing.assert_array_equal(after[k], expected)
    assert not after[0].any()
    np.testing.assert_array_equal(moved.read(0).frames, whole.read(0).frames)
    assert moved.digest(0) != whole.digest(0) and moved.video(0) == whole.video(0)


def test_pre_action_footage_is_put_right(shared_footage: Path) -> None:
    whole = GFMinecraft(shared_footage)
    there_and_back = ShiftedDataset(ShiftedDataset(whole, -1), 1)
    np.testing.assert_array_equal(there_and_back.actions(0)[2:], whole.actions(0)[2:])
