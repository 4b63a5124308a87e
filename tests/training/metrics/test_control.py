import json

import numpy as np
import pytest

from model.actions import Action, parse_actions
from training.metrics.control import FRAMES, ControlConfig, Rollouts, measure_control, measure_real, real_segments
from training.metrics.sheets import control_sheet

from .fakes import HEIGHT, WIDTH, FakeWorld, WallFootage, ignore_actions, obey, repeat

PLAY = (Action(), *parse_actions("idle*10, left*34, idle*4, right*34, w*34, s*20, idle*30"))
FOOTAGE = WallFootage((PLAY, PLAY))
CONFIG = ControlConfig(clips=2, starts=1)


def test_a_world_that_obeys_gets_all() -> None:
    result = measure_control(FakeWorld(obey), FOOTAGE, CONFIG)
    for force in result.forces.values():
        assert (force.generated.right, force.generated.count) == (2, 2)
    assert result.group("turns")[0].share == 1
    assert result.group("walking")[0].count == 4
    assert result.forces["right"].motion_generated == pytest.approx(-3 * FRAMES, rel=0.2)


def test_a_world_that_ignores_actions_gets_half() -> None:
    result = measure_control(FakeWorld(ignore_actions), FOOTAGE, CONFIG)
    assert result.group("turns")[0].share == 0.5
    assert result.group("walking")[0].share == 0.5


def test_a_world_that_stands_still_gets_nothing() -> None:
    result = measure_control(FakeWorld(repeat), FOOTAGE, ControlConfig(clips=1, starts=1))
    assert all(force.generated.right == 0 for force in result.forces.values())
    assert all(force.sharpness_ratio == pytest.approx(1) for force in result.forces.values())


def test_real_footage_agrees_with_its_actions() -> None:
    motions = measure_real(FOOTAGE, clips=2)
    assert {name: len(found) for name, found in motions.items()} == {"left": 2, "right": 2, "w": 2, "s": 2}
    signs = {name: set(np.sign(found)) for name, found in motions.items()}
    assert signs == {"left": {1.0}, "right": {-1.0}, "w": {1.0}, "s": {-1.0}}


def test_segments_hold_the_frame_before_and_do_not_overlap() -> None:
    clip = FOOTAGE.read(0)
    assert [len(frames) for frames in real_segments(clip, "left")] == [FRAMES + 1]
    assert [len(frames) for frames in real_segments(clip, "s")] == [22]  # 20 of 21 actions are above 95 %
    assert not list(real_segments(WallFootage(((Action(),) * 60,)).read(0), "w"))


def test_strafing_counts_where_nothing_else_moves_the_picture() -> None:
    play = (Action(), *parse_actions("d*20, w+d*20, right+d*20, idle*4, a*11, idle*9"))
    clip = WallFootage((play,)).read(0)
    assert [len(frames) for frames in real_segments(clip, "d")] == [21]
    assert not list(real_segments(clip, "a"))  # too short


def test_document_is_json_and_sheet_has_a_row_per_force() -> None:
    kept: list[Rollouts] = []
    config = ControlConfig(clips=1, starts=2)
    result = measure_control(FakeWorld(obey), FOOTAGE, config, keep=kept.append)
    document = json.loads(json.dumps(result.document(), allow_nan=False))
    assert document["turns"]["generated"]["share"] == 1
    assert document["forces"]["w"]["real"]["count"] == 1
    assert len(kept) == 1
    assert control_sheet(kept[0]).shape == (4 * HEIGHT + 6, 5 * WIDTH + 8, 3)
