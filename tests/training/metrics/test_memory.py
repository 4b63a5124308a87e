import json
from dataclasses import replace

import numpy as np
import pytest

from model.actions import Action
from training.metrics.memory import PATHS, MemoryConfig, Recall, measure_memory, there_and_back
from training.metrics.pictures import PSNR_CEILING, Bytes
from training.metrics.sheets import memory_sheet

from .fakes import HEIGHT, WIDTH, Camera, FakeWorld, WallFootage, obey, repeat

FOOTAGE = WallFootage(((Action(),) * 12,) * 2)  # both stand still before a wall of their own
CONFIG = MemoryConfig(clips=2)


def locate(frame: Bytes, seed: int) -> Camera:
    del seed
    return next(Camera(seed=k) for k in range(2) if np.array_equal(frame, Camera(seed=k).picture()))


def remember(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    """Every view stays where it is, also once around."""
    del frame
    camera = camera.moved(action)
    camera = replace(camera, yaw=round(camera.yaw) % 360, size=round(camera.size, 9))
    return camera.picture(), camera


def forget(frame: Bytes, camera: Camera, action: Action) -> tuple[Bytes, Camera]:
    """Obey, but never show the same wall twice."""
    return obey(frame, replace(camera, seed=camera.seed + 1), action)


def test_paths_pair_each_view_with_itself() -> None:
    path = there_and_back("turn", "right", "left", 3)
    assert path.revisits == ((0, 6), (1, 5), (2, 4))
    assert len(there_and_back("walk", "w", "s", 50).revisits) == 10
    for path in PATHS:
        places = np.cumsum([0] + [a.yaw + 1000 * (a.forward - a.back) for a in path.actions])
        assert all((places[again] - places[seen]) % 360 == 0 for seen, again in path.revisits)
        assert path.revisits[-1][1] <= len(path.actions)


def test_a_world_that_remembers_reaches_the_ceiling() -> None:
    kept: list[Recall] = []
    result = measure_memory(FakeWorld(remember, locate), FOOTAGE, CONFIG, keep=kept.append)
    assert result.starts == 2
    for found in result.paths.values():
        assert found.psnr.again.value == found.psnr.ceiling.value == PSNR_CEILING
        assert found.ssim.again.value == pytest.approx(1)
        assert found.psnr.gain.interval[0] > 20
        assert found.ssim.gain.value > 0.3
    assert list(result.by_age["walk 8"]) == [2, 4, 6, 8, 10, 12, 14, 16]
    assert list(result.by_age["turn 360"]) == [120]
    assert len(kept) == 2
    assert kept[0].frames["turn 90"].shape == (61, HEIGHT, WIDTH, 3)
    assert memory_sheet(kept[0]).shape == (len(PATHS) * (HEIGHT + 2) - 2, 5 * (WIDTH + 2) - 2, 3)
    json.dumps(result.document(), allow_nan=False)


def test_a_world_that_forgets_gains_nothing() -> None:
    result = measure_memory(FakeWorld(forget, locate), FOOTAGE, MemoryConfig(clips=1))
    for found in result.paths.values():
        assert abs(found.psnr.gain.value) < 2
        assert found.psnr.again.value < 25


def test_standing_still_is_no_memory() -> None:
    result = measure_memory(FakeWorld(repeat), FOOTAGE, CONFIG)
    for found in result.paths.values():
        assert found.psnr.again.value == PSNR_CEILING
        assert found.psnr.gain.value == found.ssim.gain.value == 0
