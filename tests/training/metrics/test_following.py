import io
import json

import numpy as np
import pytest
from rich.console import Console

from model.actions import Action, parse_actions
from training.metrics.following import measure_following, score
from training.metrics.rolled import Asked, Read, RolledConfig, roll
from training.metrics.tables_following import print_following, print_scores

from .fakes import FakeWorld, WallFootage, ignore_actions
from .readers import ReplayWorld, turn_reader

PLAYS = (
    (Action(), *parse_actions("idle*8, a+yaw:-4*6, yaw:4*8, idle*3, a+yaw:-4*9, yaw:6*5, idle*2, yaw:4*8, a+yaw:-6*8")),
    (Action(), *parse_actions("idle*9, yaw:4*6, a+yaw:-4*8, idle*3, yaw:4*9, a+yaw:-4*5, idle*4, a+yaw:-4*8, yaw:4*5")),
)
FOOTAGE = WallFootage(PLAYS)
CONFIG = RolledConfig(clips=2, starts=3, frames=32)


def test_a_world_that_replays_the_real_frames_reaches_the_ceiling() -> None:
    result = measure_following(roll(ReplayWorld(FOOTAGE), FOOTAGE, turn_reader(), CONFIG))
    assert result.generated.keys == result.real.keys
    assert result.generated.camera["yaw"] == result.real.camera["yaw"]
    assert result.frames == 32 and result.rollouts == 6
    assert list(result.real.keys) == ["left"], "forward is never held in this footage"
    assert result.real.keys["left"].balanced.value == 1 == result.real.camera["yaw"].sign.value
    assert result.real.camera["yaw"].error.value < 0.5 < result.turning["yaw"]


def test_a_world_that_ignores_its_actions_is_far_below_it() -> None:
    result = measure_following(roll(FakeWorld(ignore_actions), FOOTAGE, turn_reader(), CONFIG))
    assert result.generated.keys["left"].balanced.value == pytest.approx(0.5, abs=0.1)
    assert result.real.keys["left"].balanced.value == 1
    assert result.generated.camera["yaw"].error.value > 5 * result.real.camera["yaw"].error.value
    assert result.generated.camera["yaw"].sign.value < 0.8


def _one(keys: list[int], yaw: list[float]) -> tuple[Asked, Read]:
    held = np.array(keys, bool)[None, :, None]
    camera = np.stack([np.zeros(len(yaw)), yaw], -1).astype(np.float32)[None]
    return Asked(held, camera), Read(held, camera, np.zeros((1, len(yaw), 1), np.float32))


def test_golden_scores() -> None:
    asked, _ = _one([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 2, 2, 2, 2, -2, -2, -2, 0.5])
    _, read = _one([1, 1, 1, 0, 1, 0, 0, 0, 0, 0], [0, 1, 2, 2, 2, -1, -2, -2, 3, -0.5])
    scores = score(("jump",), [asked], [read], seed=0)
    jump, yaw = scores.keys["jump"], scores.camera["yaw"]
    assert jump.accuracy.value == pytest.approx(8 / 10)
    assert jump.balanced.value == pytest.approx((3 / 4 + 5 / 6) / 2) == scores.balanced.value
    assert jump.f1.value == pytest.approx(6 / 8)
    assert yaw.error.value == pytest.approx((1 + 3 + 5 + 1) / 10)
    assert yaw.sign.value == pytest.approx(5 / 7)
    assert np.isnan(scores.camera["pitch"].sign.value), "nobody looked up or down"
    found = (jump.accuracy, jump.balanced, jump.f1, yaw.error, yaw.sign, scores.balanced)
    assert np.isnan([entry.interval for entry in found]).all(), "one clip alone has no spread, and may not seem sure"


def test_intervals_come_from_clips() -> None:
    right, wrong = _one([1, 0] * 5, [2.0] * 10), _one([1, 0] * 5, [2.0] * 10)
    wrong = (wrong[0], Read(~wrong[1].keys, -wrong[1].camera, wrong[1].features))
    pairs = [right, wrong] * 8
    scores = score(("jump",), [pair[0] for pair in pairs], [pair[1] for pair in pairs], seed=0)
    low, high = scores.keys["jump"].accuracy.interval
    assert scores.keys["jump"].accuracy.value == 0.5
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 4, rel=0.2)  # 16 clips, each all right or all wrong


def test_clips_in_which_nobody_turned_do_not_make_one_that_did_sure() -> None:
    turned, still = _one([1, 0] * 5, [2.0] * 10), _one([1, 0] * 5, [0.0] * 10)
    scores = score(("jump",), [turned[0], still[0], still[0]], [turned[1], still[1], still[1]], seed=0)
    assert scores.camera["yaw"].sign.value == 1 and np.isnan(scores.camera["yaw"].sign.interval).all()
    assert scores.camera["yaw"].error.interval == (0, 0), "three clips were read without an error"


def test_the_mean_over_keys_has_an_interval_of_whole_clips() -> None:
    held = np.array([[1, 0] * 5, [0, 1] * 5], bool).T[None]
    camera = np.zeros((1, 10, 2), np.float32)
    asked, features = Asked(held, camera), np.zeros((1, 10, 1), np.float32)
    right, wrong = Read(held, camera, features), Read(~held, camera, features)
    mean = score(("jump", "sneak"), [asked] * 16, [right, wrong] * 8, seed=0).balanced
    assert mean.value == 0.5
    # both keys are right or wrong in the same clips: two keys are no more evidence than one
    assert mean.interval[1] - mean.interval[0] == pytest.approx(2 * 1.96 * 0.5 / 4, rel=0.2)
    opposed = [Read(held ^ np.array([k % 2, 1 - k % 2], bool), camera, features) for k in range(16)]
    steady = score(("jump", "sneak"), [asked] * 16, opposed, seed=0).balanced
    assert steady.value == 0.5 and steady.interval == pytest.approx((0.5, 0.5)), "one right, one wrong in every clip"


def test_without_a_key_to_read_there_is_no_mean() -> None:
    asked, read = _one([0] * 10, [2.0] * 10)
    mean = score(("jump",), [asked] * 2, [read] * 2, seed=0).balanced
    assert np.isnan([mean.value, *mean.interval]).all()


def test_a_part_of_the_rollouts_can_be_scored_and_printed() -> None:
    rolled = roll(ReplayWorld(FOOTAGE), FOOTAGE, turn_reader(), CONFIG)
    part = measure_following(rolled, frames=8)
    assert part.frames == 8 and part != measure_following(rolled)
    document = json.loads(json.dumps(part.document()))
    assert document["generated"]["camera"]["yaw"]["error"]["value"] == part.generated.camera["yaw"].error.value
    assert document["balanced"]["generated"] == part.generated.balanced.value
    assert document["generated"]["balanced"]["interval"] == list(part.generated.balanced.interval)
    console = Console(file=io.StringIO(), width=140)
    print_following(console, part)
    print_scores(console, "Keys", part.real)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "left" in text and "yaw" in text and "forward" not in text
