"""The real game in lock-step: every action is seen in the very frame that it gave, and nothing moves without one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.actions import IDLE, Action
from model.footage.gf_clip import clip_video, write_metadata
from model.footage.gf_minecraft import GFMinecraft
from training.capture.client import Frame, GameError, Luanti, Surroundings, exact
from training.capture.encoder import BackgroundEncoder
from training.capture.episode import record
from training.capture.places import go_to_place
from training.capture.plan import CapturePlan
from training.capture.settings import GameSettings
from training.capture.worker import free_port
from training.metrics.motion import image_shift
from training.metrics.pictures import luminance

from .real import descendants, gone, require_game

PLAN = CapturePlan(clips=1, seed=1)


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Luanti]:
    installed = require_game()
    settings = GameSettings(size=PLAN.size, fps=PLAN.fps, world_seed=PLAN.world_seed(0), port=free_port(), clouds=False)
    with Luanti(installed, settings, tmp_path_factory.mktemp("a room é") / "game") as game:
        assert go_to_place(game, PLAN, 0).biome
        yield game


def rest(game: Luanti, frames: int = 10) -> None:
    """Until so many frames are alike: a walk has come to its end, and all that is far has come into view."""
    before, alike = game.step(IDLE), 0
    for _ in range(1000):
        after = game.step(IDLE)
        alike = alike + 1 if np.array_equal(before, after) else 0
        before = after
        if alike == frames:
            return
    pytest.fail("the picture never rests")


def same(one: Frame, other: Frame) -> bool:
    """But for the sky's light, which creeps for minutes, a level in many frames."""
    return int(np.abs(one.astype(int) - other).max()) <= 1


def test_nothing_moves_while_the_hands_are_still(game: Luanti) -> None:
    rest(game, 100)
    first = game.step(IDLE)
    assert first.shape == (96, 160, 3)
    assert first.std() > 6
    assert all(np.array_equal(first, game.step(IDLE)) for _ in range(30))


@pytest.mark.parametrize("degrees", [0.5, 2.0, -3.0, 7.5])
def test_a_turn_is_seen_in_its_own_frame_and_in_no_other(game: Luanti, degrees: float) -> None:
    rest(game)
    before = game.step(IDLE)
    turned = game.step(Action(yaw=degrees))
    after = game.step(IDLE)
    back = game.step(Action(yaw=-degrees))
    assert same(turned, after)
    assert same(before, back)
    assert not same(before, turned)
    # 160 pixels are 101 degrees across: 1.15 pixels per degree in the middle
    right, _ = image_shift(*luminance(np.stack([before, turned])))
    assert right == pytest.approx(-1.15 * degrees, rel=0.3, abs=0.25)


def test_clips_are_aligned_to_the_frame(game: Luanti, tmp_path: Path) -> None:
    """Turns that know nothing of each other, as in no walk, tell one frame from the next."""
    for seed, name in enumerate(("a", "b")):
        random = np.random.default_rng(seed)
        rest(game)
        with clip_video(tmp_path, name, PLAN.size, PLAN.fps) as video, BackgroundEncoder(video) as encoder:
            walked = record(
                game,
                lambda _, random=random: Action(yaw=exact(random.uniform(-5, 5)), forward=random.random() < 0.3),
                40,
                encoder.take,
            )
        write_metadata(tmp_path, name, walked.actions)
    dataset = GFMinecraft(tmp_path)
    for clip in (dataset.read(k) for k in range(2)):
        grey = luminance(clip.frames)
        shifts = np.array([image_shift(grey[k - 1], grey[k])[0] for k in range(1, len(grey))])
        yaw = clip.actions[1:, -1]
        agreement = [-np.corrcoef(np.roll(shifts, -lag)[1:-1], yaw[1:-1])[0, 1] for lag in (-1, 0, 1)]
        assert agreement[1] > 0.9
        assert max(agreement[0], agreement[2]) < 0.6


def test_a_nod_is_seen_in_its_own_frame(game: Luanti) -> None:
    rest(game)
    before = game.step(IDLE)
    nodded = game.step(Action(pitch=4.0))
    assert not same(before, nodded)
    assert same(nodded, game.step(IDLE))
    assert same(before, game.step(Action(pitch=-4.0)))
    _, down = image_shift(*luminance(np.stack([before, nodded])))
    assert down < -2


@pytest.mark.parametrize("key", ["forward", "back", "left", "right", "jump"])
def test_a_key_acts_in_the_frame_it_is_pressed_in(game: Luanti, key: str) -> None:
    rest(game)
    before = game.step(IDLE)
    assert same(before, game.step(IDLE))
    assert not same(before, game.step(Action(**{key: True})))


def test_walking_goes_where_one_looks(game: Luanti) -> None:
    rest(game)
    start = game.surroundings()
    for _ in range(8):
        game.step(Action(forward=True))
    rest(game)
    ahead = game.surroundings()
    for _ in range(8):
        game.step(Action(back=True))
    rest(game)
    went = np.array([ahead.x - start.x, ahead.z - start.z])
    look = np.array([-np.sin(start.yaw), np.cos(start.yaw)])
    assert 0.8 < went @ look / np.hypot(*look) < 3


def test_sneaking_is_slower_and_sprinting_faster(game: Luanti) -> None:
    def gone(**keys: bool) -> float:
        rest(game)
        start = game.surroundings()
        for _ in range(10):
            game.step(Action(forward=True, **keys))
        rest(game)
        end = game.surroundings()
        for _ in range(10):
            game.step(Action(back=True, **keys))
        return float(np.hypot(end.x - start.x, end.z - start.z))

    sneaked, walked, sprinted = gone(sneak=True), gone(), gone(sprint=True)
    assert 0 < 1.3 * sneaked < walked
    assert 1.15 * walked < sprinted


def test_a_game_that_is_gone_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    settings = GameSettings(size=PLAN.size, fps=PLAN.fps, world_seed=1, port=free_port())
    with (
        pytest.raises(GameError, match="the game is gone"),
        Luanti(require_game(), settings, tmp_path / "game") as game,
    ):
        started = descendants(game._process.pid) | {game._process.pid}
        game._process.kill()
        for _ in range(10):
            game.step(IDLE)
    assert gone(started)
    assert not (tmp_path / "game").exists()


def test_surroundings_are_read_as_the_mod_writes_them() -> None:
    around = Surroundings.parse("1.500 -2.000 3.250 0.78540 1 0 1 0 1 0 8")
    assert around == Surroundings(1.5, -2, 3.25, 0.7854, True, False, True, False, True, False, 8)
    with pytest.raises(ValueError):
        Surroundings.parse("1 2 3")
