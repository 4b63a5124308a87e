"""A worker: a game that dies is started again and its clip made anew, unless it dies again and again."""

from pathlib import Path

import pytest

from model.footage.gf_minecraft import GFMinecraft
from training.capture.client import GameError
from training.capture.plan import CapturePlan
from training.capture.worker import capture_world, free_port

from .fakes import FakeGames

PLAN = CapturePlan(clips=6, frames=30, places_per_world=3)


def test_a_world_is_made_in_one_game(tmp_path: Path) -> None:
    games, finished = FakeGames(PLAN.size), list[int]()
    capture_world(PLAN, [3, 5], tmp_path, games, lambda clip, _: finished.append(clip))
    assert finished == [3, 5]
    assert games.opened == {PLAN.world_seed(3): 1}
    assert set(GFMinecraft(tmp_path).names) == {PLAN.name(3), PLAN.name(5)}


def test_a_game_that_dies_is_started_again(tmp_path: Path) -> None:
    games, finished = FakeGames(PLAN.size, failing=2, frames=40), list[int]()
    capture_world(PLAN, [0, 1], tmp_path, games, lambda clip, _: finished.append(clip))
    assert finished == [0, 1]
    assert games.opened.total() == 3
    assert GFMinecraft(tmp_path).frame_counts == (30, 30)
    assert not list(tmp_path.rglob("*.part"))


def test_a_game_that_always_dies_is_given_up(tmp_path: Path) -> None:
    games = FakeGames(PLAN.size, failing=99, frames=40)
    with pytest.raises(GameError, match="is gone"):
        capture_world(PLAN, [0, 1], tmp_path, games, lambda *_: None)
    assert games.opened.total() == 3
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_ports_are_free() -> None:
    assert 1024 < free_port() < 65536
