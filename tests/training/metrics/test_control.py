import io
import json

import numpy as np
import pytest
from rich.console import Console

from model.actions import Action, parse_actions
from training.metrics.control import (
    FRAMES,
    GROUPS,
    ControlConfig,
    Rollouts,
    Share,
    both_obeyed,
    measure_control,
    measure_real,
    real_segments,
)
from training.metrics.sheets import control_sheet
from training.metrics.tables import print_control

from .fakes import HEIGHT, WIDTH, FakeWorld, WallFootage, ignore_actions, obey, repeat

PLAY = (Action(), *parse_actions("idle*10, left*34, idle*4, right*34, w*34, s*20, idle*30"))
FOOTAGE = WallFootage((PLAY, PLAY))
CONFIG = ControlConfig(clips=2, starts=1)


def test_a_world_that_obeys_gets_all() -> None:
    result = measure_control(FakeWorld(obey), FOOTAGE, CONFIG)
    for force in result.forces.values():
        assert (force.generated.right, force.generated.count) == (2, 2)
    for group in result.groups.values():
        assert (group.generated.right, group.generated.count, group.generated.clips) == (2, 2, 2), "a start counts once"
        assert (group.real.right, group.real.count, group.real.clips) == (4, 4, 2)
    assert result.forces["right"].motion_generated == pytest.approx(-3 * FRAMES, rel=0.2)


def test_a_world_that_ignores_actions_gets_half_and_never_both_ways() -> None:
    result = measure_control(FakeWorld(ignore_actions), FOOTAGE, CONFIG)
    for name, members in GROUPS.items():
        assert sum(result.forces[member].generated.right for member in members) == 2
        assert (result.groups[name].generated.right, result.groups[name].generated.count) == (0, 2)


def test_a_start_is_right_only_if_it_goes_both_ways() -> None:
    both = both_obeyed([[True, True], [False, True]], [[True, False], [False, True]])
    assert both == Share(2, 4, 2)


def test_scenes_of_one_clip_make_nothing_surer() -> None:
    once, thrice = Share.of([[True]] * 20), Share.of([[True] * 3] * 20)
    assert (thrice.right, thrice.count) == (60, 60)
    assert once.interval == thrice.interval == pytest.approx((0.8389, 1), abs=1e-4)
    mixed = Share.of([[True, True, False], [True, False, False]])
    assert mixed.share == 0.5 and mixed.interval == Share.of([[True], [False]]).interval
    assert Share.of([[True], [], []]).clips == 1, "a clip in which nobody did it says nothing"
    assert Share.of([]).interval == (0, 1)
    assert (once + once).interval == once.interval, "other scenes of the same clips"


def test_a_world_that_stands_still_gets_nothing() -> None:
    result = measure_control(FakeWorld(repeat), FOOTAGE, ControlConfig(clips=1, starts=1))
    assert all(force.generated.right == 0 for force in result.forces.values())
    assert all(force.sharpness_ratio == pytest.approx(1) for force in result.forces.values())


def test_real_footage_agrees_with_its_actions() -> None:
    motions = measure_real(FOOTAGE, clips=2)
    counts = {name: [len(clip) for clip in found] for name, found in motions.items()}
    assert counts == {name: [1, 1] for name in ("left", "right", "w", "s")}
    signs = {name: set(np.sign(np.concatenate(found))) for name, found in motions.items()}
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
    turns = document["turns"]["generated"]
    assert (turns["right"], turns["count"], turns["clips"]) == (2, 2, 1)
    assert turns["interval"] == pytest.approx([0.2065, 1], abs=1e-4), "two starts of one clip are one trial"
    assert document["forces"]["w"]["real"]["count"] == 1
    assert len(kept) == 1
    console = Console(file=io.StringIO(), width=140)
    print_control(console, result)
    assert "turns, both ways" in console.file.getvalue()  # type: ignore[attr-defined]
    assert control_sheet(kept[0]).shape == (4 * HEIGHT + 6, 5 * WIDTH + 8, 3)
