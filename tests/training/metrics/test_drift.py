import numpy as np
import pytest

from model.actions import Action
from training.metrics.drift import SCRIPT, DriftConfig, measure_drift
from training.metrics.pictures import Bytes

from .fakes import Camera, FakeWorld, repeat


def fade(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    del action
    return (frame * 0.99).astype(np.uint8), camera


def test_script_is_a_window_that_turns_back() -> None:
    assert len(SCRIPT) == 50
    assert sum(action.yaw for action in SCRIPT) == 0


def test_standing_still_does_not_drift_and_fading_does() -> None:
    still = measure_drift(FakeWorld(repeat), ["a", "b"], DriftConfig(windows=3))
    assert set(still.scenes) == {"a", "b"}
    assert set(still.spread().values()) == {1.0}
    assert still.last_to_first("a")["red"] == 1
    faded = measure_drift(FakeWorld(fade), ["a"], DriftConfig(windows=3))
    assert faded.last_to_first()["red"] < 0.5
    assert faded.spread()["red"] == pytest.approx(1 / faded.last_to_first()["red"])
    assert len(faded.document()["scenes"]["a"]["windows"]) == 3
