import json

import numpy as np

from model.actions import Action
from training.metrics.idle import WALK, WINDOW, Idle, IdleConfig, Look, Stand, measure_idle
from training.metrics.pictures import PSNR_CEILING, Bytes

from .fakes import HEIGHT, WIDTH, Camera, FakeWorld, obey, repeat


def fade(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    moved = action != Action()
    return (frame if moved else (frame * 0.99).astype(np.uint8)), camera


def test_a_view_that_stays_is_as_it_was() -> None:
    result = measure_idle(FakeWorld(repeat), ["a", "b"], IdleConfig(frames=100))
    assert [len(looks) for looks in result.scenes.values()] == [2, 2]
    last = result.looks()[-1]
    assert last["psnr"].value == last["flicker"].value == PSNR_CEILING
    assert last["sharpness"].value == last["brightness"].value == 1


def test_a_view_that_fades_slowly_is_told_from_one_that_flickers() -> None:
    result = measure_idle(FakeWorld(fade), ["a"], IdleConfig(frames=100))
    one, two = result.scenes["a"]
    assert two.brightness < one.brightness < 0.99**WINDOW
    assert two.psnr < one.psnr < one.flicker
    assert result.worst() == ("a", two)
    document = json.loads(json.dumps(result.document()))
    assert document["scenes"]["a"][1]["psnr"] == two.psnr and document["frames_per_look"] == WINDOW


def test_the_intervals_that_a_table_shows_are_written_too() -> None:
    def look(value: float) -> Look:
        return Look(psnr=value, flicker=40, sharpness=1, brightness=1)

    result = Idle({"a": [look(20)], "b": [look(30)], "c": [look(40)]}, seed=0)
    (found,) = json.loads(json.dumps(result.document()))["looks"]
    assert found["psnr"] == 30 and found["intervals"]["flicker"] == [40, 40]
    low, high = found["intervals"]["psnr"]
    assert 20 <= low < 25 and 35 < high <= 40
    assert (low, high) == result.looks()[0]["psnr"].interval


def test_it_is_walked_first_and_pictures_are_kept() -> None:
    kept: list[Stand] = []
    measure_idle(FakeWorld(obey), ["a", "b"], IdleConfig(frames=WINDOW), keep=kept.append)
    assert [stand.scene for stand in kept] == ["a", "b"] and kept[0].frames.shape == (2, HEIGHT, WIDTH, 3)
    assert any(action.forward for action in WALK) and any(action.yaw for action in WALK)
