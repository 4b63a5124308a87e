"""The random walk: what it does how often, what it never does, what it does about what is in the way."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from model.actions import Action
from training.capture.client import Surroundings
from training.capture.policy import MAX_PITCH, MAX_SPEED, RandomWalk
from training.capture.settings import DEGREES_PER_COUNT

from .fakes import OPEN

World = Callable[[list[Action]], Surroundings]


def walk(frames: int, seed: int = 0, fps: float = 16.0, world: World | None = None) -> np.ndarray:
    """Action vectors (frames, 11) of a walk; over open ground unless there is a world."""
    policy = RandomWalk(np.random.default_rng(seed), fps)
    done: list[Action] = []
    for k in range(frames):
        around = world(done) if world else replace(OPEN, x=float(k))
        done.append(policy.act(around))
    return np.stack([action.vector() for action in done])


@pytest.fixture(scope="module")
def long_walk() -> np.ndarray:
    return np.concatenate([walk(1500, seed) for seed in range(10)])


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [(0, 0.68, 0.85), (1, 0.02, 0.08), (2, 0.06, 0.16), (3, 0.06, 0.16), (4, 0.01, 0.2), (5, 0.02, 0.1), (6, 0.1, 0.3)],
)
def test_every_key_has_its_share(long_walk: np.ndarray, key: int, least: float, most: float) -> None:
    assert least < long_walk[:, key].mean() < most


def test_it_neither_digs_nor_places(long_walk: np.ndarray) -> None:
    assert not long_walk[:, 7:9].any()


def test_it_stands_still_at_times(long_walk: np.ndarray) -> None:
    assert 0.02 < (~long_walk[:, :9].any(axis=1)).mean() < 0.15


def test_it_turns_as_hands_do(long_walk: np.ndarray) -> None:
    yaw = long_walk[:, -1] * 15
    assert 1.5 < yaw.std() < 4
    assert abs(yaw.mean()) < 0.3
    assert np.corrcoef(yaw[:-1], yaw[1:])[0, 1] > 0.9
    assert np.abs(yaw).max() <= MAX_SPEED / 16 + DEGREES_PER_COUNT


def test_every_turn_is_one_that_the_game_can_make(long_walk: np.ndarray) -> None:
    counts = long_walk[:, -2:].astype(np.float64) * 15 / DEGREES_PER_COUNT
    assert np.abs(counts - counts.round()).max() < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_it_never_looks_too_far_up_or_down(seed: int) -> None:
    pitch = np.cumsum(walk(4000, seed)[:, -2].astype(np.float64) * 15)
    assert np.abs(pitch).max() <= MAX_PITCH + 1e-3
    assert pitch.std() > 3


def test_the_same_seed_walks_the_same_way() -> None:
    assert np.array_equal(walk(300, 3), walk(300, 3))
    assert not np.array_equal(walk(300, 3), walk(300, 4))


def test_at_another_rate_it_turns_as_fast_per_second() -> None:
    slow, fast = (np.concatenate([walk(int(100 * fps), seed, fps) for seed in range(6)]) for fps in (16.0, 32.0))
    assert 0.75 < (fast[:, -1].std() * 32) / (slow[:, -1].std() * 16) < 1.33


def held(vectors: np.ndarray, key: int) -> float:
    return float(vectors[:, key].mean())


def test_it_jumps_up_steps() -> None:
    steps = walk(2000, world=lambda done: replace(OPEN, x=float(len(done)), step_ahead=True))
    assert held(steps, 4) > held(walk(2000), 4) + 0.3


def test_it_turns_away_from_walls() -> None:
    walls = walk(2000, world=lambda done: replace(OPEN, x=float(len(done)), step_ahead=True, wall_ahead=True))
    assert walls[:, -1].std() > 1.5 * walk(2000)[:, -1].std()


def test_it_swims_up() -> None:
    assert held(walk(500, world=lambda _: replace(OPEN, in_liquid=True, under_liquid=True)), 4) == 1


def test_it_gets_loose_when_stuck() -> None:
    stuck = np.concatenate([walk(1500, seed, world=lambda _: OPEN) for seed in range(3)])
    free = np.concatenate([walk(1500, seed) for seed in range(3)])
    assert held(stuck, 1) > held(free, 1) + 0.05
    assert stuck[:, -1].std() > free[:, -1].std()
