import json
from dataclasses import replace

import pytest

from model.actions import Action, parse_actions
from training.metrics import constant, sheets
from training.metrics.constant import ACTIONS, Constant, ConstantConfig, Held, measure_constant
from training.metrics.pictures import Bytes
from training.metrics.sheets import constant_sheet

from .fakes import HEIGHT, WIDTH, Camera, FakeWorld, WallFootage, ignore_actions, obey, repeat

PLAY = (Action(), *parse_actions("idle*40, right*34, w*34, d*20"))
FOOTAGE = WallFootage((PLAY, PLAY))
FRAMES = 16


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constant, "FRAMES", FRAMES)
    monkeypatch.setattr(sheets, "CONSTANT_AHEAD", (4, 8, 12, FRAMES))


def sidestep(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    """Obey, also to the side."""
    return obey(frame, camera, replace(action, yaw=action.yaw + 2 * (action.right - action.left)))


def measure(world: FakeWorld, clips: int = 2) -> Constant:
    return measure_constant(world, FOOTAGE, ConstantConfig(clips=clips))


def test_a_world_that_obeys_gets_every_pair() -> None:
    kept: list[Held] = []
    result = measure_constant(FakeWorld(sidestep), FOOTAGE, ConstantConfig(clips=2), keep=kept.append)
    assert {name: (share.right, share.count) for name, share in result.generated.items()} == dict.fromkeys(
        ACTIONS, (2, 2)
    )
    assert (result.group("keys").right, result.group("keys").count) == (4, 4)
    assert result.group("mouse").share == 1
    assert len(kept) == 2
    assert kept[0].generated["a"].shape == (FRAMES, HEIGHT, WIDTH, 3)
    assert constant_sheet(kept[0]).shape == (len(ACTIONS) * (HEIGHT + 2) - 2, 5 * (WIDTH + 2) - 2, 3)
    document = json.loads(json.dumps(result.document(), allow_nan=False))
    assert document["keys"]["share"] == 1
    assert document["keys"]["interval"] == document["pairs"]["w / s"]["interval"], "two pairs from the same starts"
    assert document["pairs"]["w / s"]["interval"][0] == pytest.approx(0.342, abs=1e-3)


def test_moving_one_way_whatever_is_asked_gets_no_pair() -> None:
    result = measure(FakeWorld(ignore_actions), clips=1)  # walks forward and turns right
    assert result.generated["w"].right == result.generated["right"].right == 1
    assert result.group("keys").right == result.group("mouse").right == 0


def test_standing_still_obeys_nothing() -> None:
    assert not any(share.right for share in measure(FakeWorld(repeat), clips=1).generated.values())


def test_real_segments_stand_beside() -> None:
    real = measure(FakeWorld(repeat), clips=1).real
    found = {name: (share.right, share.count) for name, share in real.items()}
    # the wall does not move for steps aside, and nobody turned left or walked back
    assert found == {"left": (0, 0), "right": (2, 2), "w": (2, 2), "s": (0, 0), "a": (0, 0), "d": (0, 2)}
