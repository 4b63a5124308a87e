"""Worlds as Gymnasium environments: agents drive what players drive.

    import arvd, gymnasium
    gymnasium.make("arvd/World-v0", world="minecraft", scene="meadow", max_episode_steps=500)
    gymnasium.make_vec("arvd/World-v0", num_envs=8, vectorization_mode="vector_entry_point", max_episode_steps=500)

A world knows no goal: the reward is 0 unless a function of observation and action is given, and an episode ends
only by `max_episode_steps`.
"""

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from .actions import DEGREES_PER_UNIT, KEYS, Action
from .session import Session
from .sessions import Sessions
from .world import Frame, World, load_world

if TYPE_CHECKING:
    from gymnasium.envs.registration import EnvSpec

Observation = Frame
"""The frame (h, w, 3), uint8."""
Hands = Mapping[str, npt.NDArray[Any]]
"""`keys`: 0 or 1 for each of `model.actions.KEYS`; `camera`: pitch and yaw, -1 to 1 for -15 to 15 degrees."""
Reward = Callable[[Observation, Hands], float]

_SEEDS = 2**31


class WorldEnvironment(gymnasium.Env[Observation, dict[str, Any]]):
    """One walk through a world; the same seed and actions give the same frames."""

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012 - declared so by Gymnasium

    def __init__(
        self,
        world: str = "minecraft",
        *,
        scene: str | None = None,
        steps: int | None = None,
        device: str = "auto",
        runtime: str = "auto",
        reward: Reward | None = None,
        render_mode: str | None = None,
    ) -> None:
        """Load `world`; scene, steps, device and runtime are as in `World.start` and `load_world`.

        Raises:
            WorldError: as these do.
        """
        self.world = _shared_world(world, device, runtime)
        self.metadata = self.metadata | {"render_fps": self.world.spec.fps}
        self.observation_space = _pictures(self.world)  # type: ignore[assignment] # Box hides the type of its entries
        self.action_space = hands_space()
        self.render_mode = render_mode
        self._scene, self._steps, self._reward = scene, steps, reward
        self._session: Session | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin at the scene, or at `options["scene"]`; the seed is that of the world's noise."""
        super().reset(seed=seed)
        scene = (options or {}).get("scene", self._scene)
        noise = int(self.np_random.integers(_SEEDS))
        self._session = self.world.start(scene, seed=noise, steps=self._steps)
        return self._session.frame, {"index": 0, "seed": noise}

    def step(self, action: dict[str, Any]) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Generate the next frame."""
        session = self._begun()
        frame = session.step(hands_action(action))
        reward = self._reward(frame, action) if self._reward else 0.0
        return frame, reward, False, False, {"index": session.index, "seed": session.seed}

    def render(self) -> Observation:
        """Return the newest frame."""
        return self._begun().frame

    def _begun(self) -> Session:
        if self._session is None:
            raise gymnasium.error.ResetNeeded("call reset() before the first step()")
        return self._session


class WorldVectorEnvironment(gymnasium.vector.VectorEnv[Observation, dict[str, Any], npt.NDArray[Any]]):
    """Several walks that go in step, in one batch: they begin together and end together."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012 - declared so by Gymnasium
    spec: "EnvSpec | None" = None

    def __init__(
        self,
        num_envs: int = 1,
        world: str = "minecraft",
        *,
        scene: str | None = None,
        steps: int | None = None,
        device: str = "auto",
        runtime: str = "auto",
        max_episode_steps: int | None = None,
    ) -> None:
        """Load `world` once for all; arguments as of `WorldEnvironment`."""
        self.world = _shared_world(world, device, runtime)
        self.num_envs = num_envs
        self.single_observation_space, self.single_action_space = _pictures(self.world), hands_space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._scene, self._steps, self._longest = scene, steps, max_episode_steps
        self._sessions: Sessions | None = None
        self._options: dict[str, Any] | None = None
        self._each: list[np.random.Generator] | None = None  # of every walk, once each was given a seed of its own

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin all walks at the scene, or at `options["scene"]`, those of later episodes too; frames (b, h, w, 3)."""
        if isinstance(seed, int):
            super().reset(seed=seed)
            self._each = None
        elif seed is not None:
            self._each = [np.random.default_rng(one) for one in seed]
        if self._each is None:
            noises = self.np_random.integers(_SEEDS, size=self.num_envs).tolist()
        else:
            noises = [int(generator.integers(_SEEDS)) for generator in self._each]
        self._options = options
        picture = self.world.picture((options or {}).get("scene", self._scene))
        frames = np.repeat(picture[None, None], self.num_envs, axis=0)
        nothing = [[Action()]] * self.num_envs
        self._sessions = Sessions(self.world, frames, nothing, seeds=noises, steps=self._steps)
        return frames[:, 0], {"seed": np.array(noises)}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[Observation, npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], dict[str, Any]]:
        """Generate the next frame of every walk; after the last of an episode, begin anew instead."""
        if self._sessions is None:
            raise gymnasium.error.ResetNeeded("call reset() before the first step()")
        none = np.zeros(self.num_envs, np.bool_)
        rewards = np.zeros(self.num_envs)
        if self._longest is not None and self._sessions.index >= self._longest:
            frames, info = self.reset(options=self._options)
            return frames, rewards, none, none.copy(), info
        each = [
            {"keys": keys, "camera": camera} for keys, camera in zip(actions["keys"], actions["camera"], strict=True)
        ]
        frames = self._sessions.step([hands_action(action) for action in each])
        return frames, rewards, none, none | (self._sessions.index == self._longest), {}


def hands_space() -> spaces.Dict:
    """What an agent's hands can do in one frame."""
    camera = spaces.Box(-1, 1, (2,), np.float32)
    return spaces.Dict({"keys": spaces.MultiBinary(len(KEYS)), "camera": camera})


def hands_action(hands: Hands) -> Action:
    """Turn what a policy chose into an action."""
    pitch, yaw = (float(units) * DEGREES_PER_UNIT for units in hands["camera"])
    held = {key: bool(value) for key, value in zip(KEYS, hands["keys"], strict=True)}
    return Action(pitch=pitch, yaw=yaw, **held)


def _pictures(world: World) -> spaces.Box:
    return spaces.Box(0, 255, (world.spec.height, world.spec.width, 3), np.uint8)


@functools.cache
def _shared_world(name: str, device: str, runtime: str) -> World:
    """One copy of the weights serves every environment of this process."""
    return load_world(name, device=device, runtime=runtime)
