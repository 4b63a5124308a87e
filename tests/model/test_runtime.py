"""What makes a world fast must not change what it shows."""

import numpy as np
import pytest

from model.actions import Action, parse_actions
from model.errors import WorldError
from model.runtime import choose_runtime
from model.world import load_world


def test_single_precision_can_be_asked_for() -> None:
    assert choose_runtime("cpu", "eager-fp32").title == "eager float32"


@pytest.mark.parametrize(("device", "runtime"), [("tpu", "auto"), ("cpu", "warp")])
def test_what_does_not_exist_is_refused(device: str, runtime: str) -> None:
    with pytest.raises(WorldError, match="use auto"):
        choose_runtime(device, runtime)


def test_the_bundled_world_looks_the_same_in_half_the_precision() -> None:
    """Frame by frame from the same state, so that what differs is one frame's rounding and not a walk's."""
    reference = load_world("minecraft", device="cpu", runtime="eager-fp32")
    half = load_world("minecraft", device="cpu", runtime="eager")
    frames, actions = reference.picture(None)[None].repeat(4, axis=0), [Action(yaw=2.0)] * 4
    for action in parse_actions("w*2, right, s"):
        shown = [world.start(clip=(frames, actions), seed=3).step(action).astype(float) for world in (reference, half)]
        assert half.runtime == "eager float32" or not np.array_equal(*shown)
        assert np.mean((shown[0] - shown[1]) ** 2) < 255**2 / 10**3.5  # 35 dB
