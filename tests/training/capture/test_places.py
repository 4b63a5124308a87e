"""Places: biomes in turn, what the game refuses is passed over, the wait ends when the picture rests."""

from collections import Counter

import numpy as np
import pytest

from model.actions import Action
from model.errors import DataError
from training.capture.client import Frame, GameError
from training.capture.places import Place, go_to_place, settle, spread
from training.capture.plan import CapturePlan

from .fakes import FakeGame

SIZE = (96, 160)


class Choosy(FakeGame):
    """Refuses the first columns."""

    def __init__(self, answers: list[list[str]]) -> None:
        super().__init__(SIZE)
        self._answers = answers

    def command(self, *words: str | float) -> list[str]:
        answer = super().command(*words)
        return answer if words[0] == "survey" else self._answers.pop(0)


def test_the_first_column_that_serves_is_taken() -> None:
    refused = [["refused", "liquid", "grassland_ocean"], ["ok", "rainforest", "4"]]
    games = [Choosy([*refused, ["ok", "grassland", "9"]]) for _ in range(2)]
    plan = CapturePlan(clips=10, seed=3)
    found = [go_to_place(game, plan, 7) for game in games]
    assert found[0] == found[1]
    assert found[0].biome == "grassland"
    asked = [words for words in games[0].asked if words[0] == "place"]
    assert len(asked) == 3
    assert asked[-1][1:3] == (found[0].x, found[0].z)
    low, high = plan.times
    assert low <= found[0].time <= high


def test_a_world_without_a_place_says_why() -> None:
    game = Choosy([["refused", "liquid", "grassland_ocean"]] * 64)
    with pytest.raises(DataError, match=r"of 32 \(liquid\); allow more biomes"):
        go_to_place(game, CapturePlan(clips=1), 0)


def test_rare_biomes_come_as_often_as_common_ones() -> None:
    biomes = ["grassland"] * 60 + ["taiga"] * 2 + ["rainforest"] * 2
    plan = CapturePlan(clips=1)
    orders = [spread(biomes, plan, np.random.default_rng(seed)) for seed in range(200)]
    first = Counter(biomes[order[0]] for order in orders)
    assert set(first) == {"grassland", "taiga"}
    assert 60 < first["taiga"] < 140
    assert all(sorted(order) == list(range(62)) for order in orders)


def test_shores_are_looked_for_by_their_land() -> None:
    biomes = ["savanna", "grassland", "desert"]
    order = spread(biomes, CapturePlan(clips=1, biomes=("savanna_shore", "desert")), np.random.default_rng(0))
    assert sorted(order) == [0, 2]


class Loading(FakeGame):
    """Shows more with every look until all is there; the sky's light then creeps."""

    def __init__(self, looks: int, light: float = 0.0) -> None:
        super().__init__(SIZE)
        self._looks, self._light, self.seen = looks, light, 0

    def _seen(self) -> Frame:
        self.seen += 1
        self._light *= 0.98
        frame = super()._seen().copy()
        frame[:, : max(0, 8 * (self._looks - self.seen))] = 0
        frame[: SIZE[0] // 2] = 100 + self._light
        return frame


@pytest.mark.parametrize("looks", [0, 20, 60])
def test_it_waits_until_nothing_more_comes_into_view(looks: int) -> None:
    game = Loading(looks)
    assert settle(game)
    assert game.seen > looks
    assert sum(action.yaw for action in game.done) % 360 == pytest.approx(0)


def test_it_waits_for_the_light() -> None:
    quick, slow = Loading(0), Loading(0, 120.0)
    assert settle(quick)
    assert settle(slow)
    assert len(slow.done) > len(quick.done) + 50


class Restless(FakeGame):
    def _seen(self) -> Frame:
        self._yaw += 7
        return super()._seen()


def test_it_does_not_wait_for_ever() -> None:
    with pytest.raises(GameError, match="never rests"):
        settle(Restless(SIZE))


class Fog(FakeGame):
    def _seen(self) -> Frame:
        return np.full((*SIZE, 3), 180, np.uint8)


def test_a_blank_picture_is_no_place() -> None:
    assert not settle(Fog(SIZE))


@pytest.mark.parametrize(
    ("time", "hour"), [(0.25, "Beginning of sunrise"), (0.5, "Noon, sun is at its peak"), (0.77, "Sunset")]
)
def test_hours(time: float, hour: str) -> None:
    assert Place(1, 0, 0, "grassland", time).hour == hour


def test_turns_are_whole_counts() -> None:
    game = FakeGame(SIZE)
    settle(game)
    assert set(game.done) <= {Action(yaw=30), Action(yaw=60), Action()}
