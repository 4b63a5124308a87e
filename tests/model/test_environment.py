from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import arvd
from model.actions import KEYS, Action
from model.environment import WorldVectorEnvironment, hands_action
from model.errors import WorldError


def hands(yaw: float = 0.0, *keys: str) -> dict[str, Any]:
    return {"keys": np.array([key in keys for key in KEYS], np.int8), "camera": np.array([0, yaw / 15], np.float32)}


def make(world: Path, **options: Any) -> gymnasium.Env[Any, Any]:
    return gymnasium.make("arvd/World-v0", world=str(world), runtime="eager-fp32", **options)


@pytest.mark.filterwarnings("error")
def test_passes_gymnasiums_own_checker(tiny_world: Path) -> None:
    check_env(make(tiny_world, render_mode="rgb_array").unwrapped)


def test_shows_what_a_session_shows(tiny_world: Path) -> None:
    env = make(tiny_world)
    first, info = env.reset(seed=3)
    session = arvd.load_world(str(tiny_world), runtime="eager-fp32").start(seed=info["seed"])
    np.testing.assert_array_equal(first, session.frame)
    for action in (hands(5.0, "forward"), hands(0.0), hands(-3.0, "jump", "left")):
        frame, reward, terminated, truncated, _ = env.step(action)
        np.testing.assert_array_equal(frame, session.step(hands_action(action)))
        assert (reward, terminated, truncated) == (0.0, False, False)


def test_same_seed_same_frames_and_another_seed_others(tiny_world: Path) -> None:
    env = make(tiny_world)

    def walk(seed: int) -> Any:
        env.reset(seed=seed)
        return np.stack([env.step(hands(2.0, "forward"))[0] for _ in range(3)])

    one, again, other = walk(1), walk(1), walk(2)
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_a_reward_of_ones_own_and_an_end(tiny_world: Path) -> None:
    env = make(tiny_world, reward=lambda frame, action: float(action["keys"].sum()), max_episode_steps=2)
    env.reset(seed=0)
    assert env.step(hands(0, "forward", "jump"))[1:4] == (2.0, False, False)
    assert env.step(hands())[1:4] == (0.0, False, True)


def test_scenes_by_option_and_a_step_before_reset(tiny_world: Path) -> None:
    env = make(tiny_world, disable_env_checker=True).unwrapped
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(hands())
    with pytest.raises(WorldError, match="unknown scene 'moon'"):
        env.reset(options={"scene": "moon"})


def test_hands_are_the_players_hands() -> None:
    action = hands_action(hands(-3.0, "back", "use"))
    assert action.yaw == pytest.approx(-3.0) and replace(action, yaw=0.0) == Action(back=True, use=True)


@pytest.mark.parametrize("mode", ["sync", "vector_entry_point"])
def test_vectors_of_walks(tiny_world: Path, mode: str) -> None:
    envs = gymnasium.make_vec(
        "arvd/World-v0", num_envs=3, vectorization_mode=mode, world=str(tiny_world), runtime="eager-fp32"
    )
    frames, _ = envs.reset(seed=0)
    assert frames.shape == (3, *envs.single_observation_space.shape) and envs.observation_space.contains(frames)
    frames, rewards, terminated, truncated, _ = envs.step(envs.action_space.sample())
    assert frames.shape[0] == 3 and not rewards.any() and not terminated.any() and not truncated.any()
    assert (frames[0] != frames[1]).any()


def test_a_batch_is_its_walks_one_by_one_and_begins_anew_together(tiny_world: Path) -> None:
    envs = WorldVectorEnvironment(2, str(tiny_world), runtime="eager-fp32", max_episode_steps=2)
    _, info = envs.reset(seed=5)
    world = arvd.load_world(str(tiny_world), runtime="eager-fp32")
    sessions = [world.start(seed=int(seed)) for seed in info["seed"]]
    for k, yaw in enumerate((4.0, -2.0)):
        one = hands(yaw, "forward")
        frames, _, _, truncated, _ = envs.step({name: np.stack([value] * 2) for name, value in one.items()})
        for session, frame in zip(sessions, frames, strict=True):
            assert np.abs(session.step(hands_action(one)).astype(int) - frame).max() <= 1
        assert truncated.tolist() == [k == 1] * 2
    frames, *_ = envs.step(envs.action_space.sample())
    np.testing.assert_array_equal(frames[0], world.picture(None))


@pytest.mark.parametrize("seed", [7, [1, 2]], ids=["of all", "each its own"])
def test_later_episodes_follow_from_the_seed_too(tiny_world: Path, seed: int | list[int | None]) -> None:
    envs = WorldVectorEnvironment(2, str(tiny_world), runtime="eager-fp32", max_episode_steps=1)

    def noises() -> list[list[int]]:
        drawn = [envs.reset(seed=seed)[1]["seed"].tolist()]
        for _ in range(4):
            *_, info = envs.step({name: np.stack([value] * 2) for name, value in hands().items()})
            drawn += [info["seed"].tolist()] if "seed" in info else []
        return drawn

    first = noises()
    assert len(first) == 3 and first == noises()
    assert len({noise for drawn in first for noise in drawn}) == 6


def test_a_scene_by_option_is_that_of_later_episodes_too(tiny_world: Path) -> None:
    envs = WorldVectorEnvironment(2, str(tiny_world), runtime="eager-fp32", max_episode_steps=1)
    begun, _ = envs.reset(seed=5, options={"scene": "two"})
    envs.step(envs.action_space.sample())
    again, *_ = envs.step(envs.action_space.sample())
    np.testing.assert_array_equal(begun, again)
    assert (begun[0] != envs.world.picture("one")).any()
