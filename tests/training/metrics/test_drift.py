import json

import numpy as np
import pytest

from model.actions import Action
from training.metrics.drift import SCRIPT, DriftConfig, Glimpses, Window, drop, last_to_first, measure_drift
from training.metrics.pictures import Bytes

from .fakes import HEIGHT, WIDTH, Camera, FakeWorld, WallFootage, obey, repeat


def fade(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    del action
    return (frame * 0.99).astype(np.uint8), camera


def window(sharpness: float, motion: float = 1.0) -> Window:
    return Window(sharpness, 100.0, 100.0, 100.0, 30.0, motion)


def test_script_is_a_window_that_turns_back() -> None:
    assert len(SCRIPT) == 50
    assert sum(action.yaw for action in SCRIPT) == 0


def test_standing_still_does_not_drift_and_fading_does() -> None:
    still = measure_drift(FakeWorld(repeat), ["a", "b"], DriftConfig(windows=3))
    assert set(still.scenes) == {"a", "b"}
    assert set(drop(still.scenes["a"]).values()) == {0.0}
    assert still.windows()[0]["motion"].value == 0  # nothing moves, and that is no drop
    assert last_to_first(still.scenes["a"])["red"] == 1
    faded = measure_drift(FakeWorld(fade), ["a"], DriftConfig(windows=3))
    assert faded.mean(last_to_first)["red"].value < 0.5
    assert faded.mean(drop)["red"].value == pytest.approx(1 - faded.mean(last_to_first)["red"].value)
    assert json.loads(json.dumps(still.document()))["scenes"]["a"]["drop"]["red"] == 0
    assert len(faded.document()["scenes"]["a"]["windows"]) == 3


def test_a_collapse_in_the_middle_is_seen() -> None:
    windows = [window(4.0), window(5.0), window(1.0), window(4.0)]
    assert drop(windows)["sharpness"] == 0.8
    assert last_to_first(windows)["sharpness"] == 1


def test_a_long_rollout_is_cut_into_ten() -> None:
    windows = [window(2.0) for _ in range(40)]
    windows[4:8] = [window(1.0), window(0.0), window(0.0), window(1.0)]  # a tenth whose mean is 0.5
    assert drop(windows)["sharpness"] == 0.75


def test_scenes_are_the_observations_and_real_footage_stands_beside() -> None:
    footage = WallFootage(((Action(),) * 120, (Action(), *SCRIPT, *SCRIPT)))
    kept: list[Glimpses] = []
    result = measure_drift(FakeWorld(obey), ["a", "b"], DriftConfig(windows=2), dataset=footage, keep=kept.append)
    assert [entry.scene for entry in kept] == ["a", "b"]
    assert kept[0].frames.shape == (3, HEIGHT, WIDTH, 3)
    assert {name: len(windows) for name, windows in result.real.items()} == {"wall0": 2, "wall1": 2}
    assert result.real["wall0"][0].motion == 0 < result.real["wall1"][0].motion
    assert result.windows()[1]["motion"].count == 2
    low, high = result.mean_real(drop)["motion"].interval
    assert low <= result.mean_real(drop)["motion"].value <= high
    document = result.document()
    assert document["real_drop"]["motion"] == result.mean_real(drop)["motion"].value
    assert result.scenes["a"][0].motion == pytest.approx(result.real["wall1"][0].motion, rel=0.3)
