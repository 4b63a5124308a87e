import json

import numpy as np
import pytest

from model.actions import Action, parse_actions
from training.metrics.flow_error import FlowConfig, group_of, measure_flow
from training.metrics.pictures import Bytes

from .fakes import Camera, FakeWorld, Oracle, WallFootage, obey, repeat

PLAY = (Action(), *parse_actions("right*8, w*6, yaw:6*6, idle*4, left*8, s*6, yaw:-6*6, w*4, idle*4, right*8"))
FOOTAGE = WallFootage((PLAY, PLAY[:1] + PLAY[:0:-1]))
CONFIG = FlowConfig(clips=2, starts=2)


def turn_the_other_way(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    return obey(frame, camera, Action(forward=action.back, back=action.forward, yaw=-action.yaw))


def test_groups_split_by_the_mouse() -> None:
    groups = [group_of(action) for action in parse_actions("idle, w, d+yaw:0.4, right, w+right, right+down, yaw:-9")]
    assert groups == [None, "keys", "keys", "small mouse", "small mouse", "large mouse", "large mouse"]


def test_what_really_happened_has_no_error_and_is_as_lively_as_real() -> None:
    result = measure_flow(Oracle(FOOTAGE), FOOTAGE, CONFIG)
    assert (result.rollouts, result.dynamic_degree.value, result.dynamic_degree.interval) == (4, 1, (1, 1))
    for error in result.groups.values():
        assert error.generated.value == error.autoencoder.value == error.relative.value == 0
        assert error.still.value > 0.1
    assert {entry.value for entry in result.dynamic_by_frame.values()} == {1}
    document = json.loads(json.dumps(result.document(), allow_nan=False))
    assert list(document["dynamic_by_frame"]) == ["4", "8", "12", "16", "20", "24", "28", "32"]


def test_a_frozen_picture_is_not_lively_and_errs_as_much_as_standing_still() -> None:
    result = measure_flow(FakeWorld(repeat), FOOTAGE, CONFIG)
    assert result.dynamic_degree.value == 0
    assert result.dynamic_autoencoder.value == 1
    for error in result.groups.values():
        assert error.generated == error.still
        assert error.relative.value == 1


def test_the_wrong_way_is_lively_but_worse_than_standing_still() -> None:
    result = measure_flow(FakeWorld(turn_the_other_way), FOOTAGE, CONFIG)
    assert result.dynamic_degree.value == pytest.approx(1, abs=0.35)
    for group in ("small mouse", "large mouse"):
        assert result.groups[group].relative.value > 2
    assert result.groups["large mouse"].still.value > 3 * result.groups["small mouse"].still.value
    counts = [error.generated.count for error in result.groups.values()]
    assert 0 < np.sum(counts) <= 4 * 16
