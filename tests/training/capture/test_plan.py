"""A plan: which clip is what, decided by seed and number alone; a folder keeps to the plan it was begun with."""

from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from training.capture.plan import CapturePlan, Draw

from ...footage import write_clip


def test_a_clip_is_decided_by_seed_and_number() -> None:
    few, many = CapturePlan(clips=3, seed=5), CapturePlan(clips=300, seed=5)
    assert [few.name(k) for k in range(3)] == [many.name(k) for k in range(3)]
    draws = [plan.generator(Draw.PLACE, 2).integers(0, 1 << 30, 9).tolist() for plan in (few, many)]
    assert draws[0] == draws[1]


def test_clips_worlds_and_purposes_differ() -> None:
    plan = CapturePlan(clips=300, seed=5)
    assert len({plan.name(k) for k in range(300)}) == 300
    assert len({plan.world_seed(k) for k in range(300)}) == 30
    firsts = {int(plan.generator(draw, k).integers(1 << 60)) for draw in Draw for k in range(20)}
    assert len(firsts) == 20 * len(Draw)
    assert not {plan.name(k) for k in range(300)} & {CapturePlan(clips=300, seed=6).name(k) for k in range(300)}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"size": (96, 158)}, "width 158"),
        ({"size": (95, 160)}, "height 95"),
        ({"size": (400, 640)}, "height 400"),
        ({"size": (96, 161)}, "width 161"),
        ({"clips": 0}, "clips is 0"),
        ({"frames": 1}, "1 frames"),
        ({"fps": 0.0}, "0 frames/s"),
        ({"fps": float("nan")}, "nan frames/s"),
        ({"times": (0.7, 0.3)}, "no range"),
        ({"seed": -1}, "seed is -1"),
        ({"places_per_world": 0}, "places per world"),
    ],
)
def test_what_cannot_be_captured_is_refused(wrong: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        CapturePlan(**{"clips": 1, **wrong})


def test_biomes() -> None:
    some, chosen = CapturePlan(clips=1), CapturePlan(clips=1, biomes=("rainforest", "desert"))
    assert some.allows("grassland")
    assert not some.allows("rainforest_swamp")
    assert not some.allows("savanna_under")
    assert chosen.allows("rainforest")
    assert not chosen.allows("grassland")


def test_what_is_there_is_not_missing(tmp_path: Path) -> None:
    plan = CapturePlan(clips=5, places_per_world=2)
    assert plan.missing(tmp_path) == [0, 1, 2, 3, 4]
    (tmp_path / "metadata").mkdir()
    (tmp_path / "video").mkdir()
    (tmp_path / "metadata" / f"{plan.name(3)}.json").touch()
    (tmp_path / "video" / f"{plan.name(1)}.mp4").touch()  # killed before its metadata
    assert plan.missing(tmp_path) == [0, 1, 2, 4]


def test_a_folder_keeps_to_its_plan(tmp_path: Path) -> None:
    CapturePlan(clips=5, seed=1, fps=20).begin(tmp_path)
    CapturePlan(clips=9, seed=1, fps=20).begin(tmp_path)
    with pytest.raises(DataError, match="begun with other biomes, seed "):
        CapturePlan(clips=5, seed=2, fps=20, biomes=("desert",)).begin(tmp_path)


def test_footage_of_others_is_left_alone(tmp_path: Path) -> None:
    write_clip(tmp_path, "a", 4)
    with pytest.raises(DataError, match="holds footage that no capture has begun"):
        CapturePlan(clips=5).begin(tmp_path)


def test_randomness_does_not_depend_on_the_global_one() -> None:
    np.random.seed(0)
    first = CapturePlan(clips=1).world_seed(0)
    np.random.seed(1)
    assert CapturePlan(clips=1).world_seed(0) == first
