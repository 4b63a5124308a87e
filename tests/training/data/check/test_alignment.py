from dataclasses import replace

import numpy as np
import pytest

from model.footage.clip import Actions, Clip
from training.data.check.alignment import Alignment, measure_alignment, respond
from training.data.check.observation import observe_clip

from .scene import PIXELS_PER_DEGREE, play


@pytest.fixture(scope="module")
def clip() -> Clip:
    return play(200, 3)


def measured(clip: Clip) -> Alignment:
    alignment = measure_alignment(observe_clip(clip))
    assert alignment is not None
    return alignment


def moved(actions: Actions, frames: int) -> Actions:
    return np.roll(actions, frames, axis=0)


def test_the_gain_is_that_of_the_scene(clip: Clip) -> None:
    alignment = measured(clip)
    assert alignment.segments == ((0, 0),) and alignment.fault is None
    assert alignment.yaw.gain == pytest.approx(-PIXELS_PER_DEGREE, rel=0.05)
    assert alignment.pitch.gain == pytest.approx(-PIXELS_PER_DEGREE, rel=0.05)
    assert alignment.yaw.certainty < -50


@pytest.mark.parametrize("lag", [-3, -2, -1, 1, 2, 3])
def test_every_lag_is_told_with_its_remedy(lag: int, clip: Clip) -> None:
    alignment = measured(replace(clip, actions=moved(clip.actions, -lag)))
    assert alignment.lag == lag and len(alignment.segments) == 1
    assert alignment.fault is not None and f"--shift {lag}`" in alignment.fault
    assert ("early" if lag > 0 else "late") in alignment.fault


def test_applying_the_remedy_mends_the_clip(clip: Clip) -> None:
    broken = replace(clip, actions=moved(clip.actions, -2))
    assert measured(replace(broken, actions=moved(broken.actions, measured(broken).lag))).fault is None


def test_a_hand_that_turns_very_smoothly_still_tells(clip: Clip) -> None:
    # neighbours correlate by more than 0.9, so that plain correlation sees no difference
    slow = play(300, 6, speed=4)
    yaw = slow.actions[:, -1]
    assert np.corrcoef(yaw[1:], yaw[:-1])[0, 1] > 0.7
    for lag in (-1, 0, 1):
        assert measured(replace(slow, actions=moved(slow.actions, -lag))).lag == lag


def test_missing_frames_move_all_that_follow(clip: Clip) -> None:
    frames = np.concatenate([clip.frames[:80], clip.frames[82:], clip.frames[-2:]])
    alignment = measured(replace(clip, frames=frames))
    assert [lag for _, lag in alignment.segments] == [0, -2]
    assert abs(alignment.segments[1][0] - 80) < 6
    assert alignment.fault is not None and "2 frames missing" in alignment.fault


def test_what_says_nothing_is_not_judged(clip: Clip) -> None:
    short = Clip("short", clip.frames[:6], clip.actions[:6])
    assert measure_alignment(observe_clip(short)) is None
    still = replace(clip, actions=np.zeros_like(clip.actions))
    assert measure_alignment(observe_clip(still)) is None
    unknown = np.ones(11, np.bool_)
    unknown[-2:] = False
    assert measure_alignment(observe_clip(replace(clip, known=unknown))) is None
    noise = replace(clip, frames=np.random.default_rng(0).permutation(clip.frames))
    assert measured(noise).fault is None
    assert measured(replace(clip, frames=np.zeros_like(clip.frames))).fault is None


def test_a_gain_is_read_past_outliers() -> None:
    rng = np.random.default_rng(0)
    cause = rng.normal(0, 3, 400)
    effect = -1.5 * cause + rng.normal(0, 0.1, 400)
    effect[::5] += rng.normal(0, 60, 80)
    found = respond(cause, effect)
    assert found.gain == pytest.approx(-1.5, abs=0.02) and found.certainty < -50
    assert abs(respond(cause, rng.normal(0, 3, 400)).certainty) < 6
