import math
from typing import Any

import numpy as np
import pytest

from model.actions import KEYS, Action
from model.camera import Camera
from model.footage.pitch import digest_at, pitch_after, stated_pitch


@pytest.mark.parametrize("start", [-90.0, -12.5, 0.0, 60.0])
def test_turns_lead_where_they_lead_the_camera_of_a_session(start: float) -> None:
    turns = np.random.default_rng(1).uniform(-40, 40, 60)
    camera = Camera(KEYS, start)
    for turn in turns:
        camera.turn(Action(pitch=turn, yaw=3.0))
    vectors = np.stack([Action(pitch=turn, yaw=3.0).vector() for turn in turns])
    assert pitch_after(start, vectors) == pytest.approx(camera.pose[0], abs=1e-4)
    assert pitch_after(start, vectors[:0]) == start


def test_a_level_clip_keeps_the_digest_that_it_had() -> None:
    assert digest_at("ab", 0.0) == digest_at("ab", -0.0) == "ab"
    assert len({"ab", digest_at("ab", 1.5), digest_at("ab", -1.5), digest_at("cd", 1.5)}) == 4


@pytest.mark.parametrize(("stated", "pitch"), [(12, 12.0), (-3.25, -3.25), (91.0, 90.0), (-1e9, -90.0)])
def test_what_a_file_states_is_bent_no_further_than_a_neck(stated: float, pitch: float) -> None:
    assert stated_pitch(stated) == pitch


@pytest.mark.parametrize("value", ["1", None, True, [], math.nan, math.inf, 10**400])
def test_what_is_no_pitch_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        stated_pitch(value)
