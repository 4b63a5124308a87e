import io
import json

import numpy as np
import pytest
from rich.console import Console

from model.actions import Action, parse_actions
from model.errors import DataError
from training.metrics.frechet import frechet_distance, measure_frechet
from training.metrics.rolled import RolledConfig, roll
from training.metrics.tables_following import print_frechet

from .fakes import FakeWorld, WallFootage, ignore_actions
from .readers import ReplayWorld, turn_reader

PLAY = parse_actions("idle*8, a+yaw:-4*6, yaw:4*8, idle*3, a+yaw:-4*9, yaw:6*5, idle*2, yaw:4*8, a+yaw:-6*24")
FOOTAGE = WallFootage(tuple((Action(), *PLAY[k:]) for k in range(4)))


def gaussian(mean: list[float], covariance: list[list[float]], count: int = 200, seed: int = 0) -> np.ndarray:
    """Rows whose sample mean and covariance are exactly these."""
    rows = np.random.default_rng(seed).standard_normal((count, len(mean)))
    rows -= rows.mean(0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    moved: np.ndarray = rows @ np.linalg.cholesky(np.array(covariance)).T + mean
    return moved


def test_golden_distances() -> None:
    one = gaussian([0, 0], [[4, 0], [0, 9]])
    other = gaussian([1, -2], [[1, 0], [0, 25]], seed=1)
    assert frechet_distance(one, other) == pytest.approx(1 + 4 + (2 - 1) ** 2 + (3 - 5) ** 2)
    assert frechet_distance(other, one) == pytest.approx(frechet_distance(one, other))
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(one, gaussian([0, 0], [[4, 0], [0, 9]], 77, seed=2)) == pytest.approx(0, abs=1e-9)


def test_covariances_that_do_not_commute() -> None:
    a, b = np.array([[2.0, 1.5], [1.5, 3.0]]), np.array([[1.0, -0.6], [-0.6, 0.8]])
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))  # trace of a square root, 2x2
    expected = np.trace(a) + np.trace(b) - 2 * root
    found = frechet_distance(gaussian([0, 0], a.tolist()), gaussian([0, 0], b.tolist(), seed=1))
    assert found == pytest.approx(expected)


def test_degenerate_features_are_no_trouble() -> None:
    flat = gaussian([0, 0], [[4, 0], [0, 1e-18]])
    assert frechet_distance(flat, flat + np.array([3, 0])) == pytest.approx(9)


def test_a_replay_is_at_no_distance_and_a_world_that_ignores_actions_is_beyond_the_reference() -> None:
    config = RolledConfig(clips=4, starts=2, frames=32)
    replay = measure_frechet(roll(ReplayWorld(FOOTAGE), FOOTAGE, turn_reader(), config))
    (row,) = replay.horizons
    assert (row.frames, replay.rollouts) == (32, 8)
    assert row.distance == pytest.approx(0, abs=1e-9)
    assert row.across == row.reference > 0
    ignoring = measure_frechet(roll(FakeWorld(ignore_actions), FOOTAGE, turn_reader(), config)).horizons[0]
    assert ignoring.reference == row.reference
    assert min(ignoring.distance, ignoring.across) > 3 * ignoring.reference
    console = Console(file=io.StringIO(), width=140)
    print_frechet(console, replay)
    assert "1.00" in console.file.getvalue()  # type: ignore[attr-defined]
    json.dumps(replay.document(), allow_nan=False)


def test_both_horizons_and_too_few_clips() -> None:
    config = RolledConfig(clips=2, starts=1, frames=64)
    result = measure_frechet(roll(ReplayWorld(FOOTAGE), FOOTAGE, turn_reader(), config))
    assert [row.frames for row in result.horizons] == [32, 64]
    with pytest.raises(DataError, match="at least 2 clips"):
        measure_frechet(roll(ReplayWorld(FOOTAGE), FOOTAGE, turn_reader(), RolledConfig(clips=1, starts=1)))
