"""A walker who looks about: mostly forward, over steps, around walls, out of the water, turning as hands do.

It is a random walk and wants nothing, so that keys, turns and places depend on each other as little as they can.
On 300 clips of open terrain about 75 % of the frames go forward, 8 % back, 10 % each to a side, 20 % jump, 5 % sneak
and 17 % sprint; the camera yaws with a deviation of 3.6 degrees per frame at 16 frames/s.
"""

import math
from collections import deque

import numpy as np

from model.actions import Action

from .client import Surroundings
from .settings import DEGREES_PER_COUNT

POLICY = "random walk"
"""Its name, as stored with the clips."""
MAX_PITCH = 60.0
"""Degrees from the horizon; it never looks farther up or down."""
MAX_SPEED = 180.0
"""Degrees per second; it never turns faster."""

_RATE = 16.0  # frames per second at which the chances per frame below were chosen
_INERTIA = 0.18  # seconds in which a hand's turn follows its will
_STUCK_SECONDS, _STUCK_NODES = 0.75, 0.3


class RandomWalk:
    """One walk; its pitch starts at the horizon."""

    def __init__(self, generator: np.random.Generator, fps: float) -> None:
        """Walk at `fps` frames per second with the randomness of `generator`."""
        self._random, self._fps = generator, fps
        self._pitch_counts = 0
        self._yaw_speed = self._pitch_speed = 0.0
        self._wanted_pitch = 5.0
        self._jumping = self._turning = 0
        self._turn_speed = 0.0
        self._trail: deque[tuple[float, float]] = deque(maxlen=max(2, round(_STUCK_SECONDS * fps)))
        self._choose()

    def act(self, around: Surroundings) -> Action:
        """What the hands do next, given what is around."""
        self._left -= 1
        if self._left <= 0:
            self._choose()
        self._trail.append((around.x, around.z))
        if "forward" in self._keys:
            self._mind_the_way(around)
        elif around.wall_ahead and not self._turning and self._chance(0.08):
            self._turn(0.4, 1.0, 60, 130)
        if around.in_liquid and (around.under_liquid or self._chance(0.3)):
            self._jumping = max(self._jumping, self._frames(0.3))  # swims up
        keys = set(self._keys)
        if self._jumping > 0:
            self._jumping -= 1
            keys.add("jump")
        wanted = self._wanted_speed
        if self._turning > 0:
            self._turning -= 1
            wanted = self._turn_speed
        return self._turned(keys, wanted)

    def _choose(self) -> None:
        """Decide for the next while: which keys, how fast to turn, where to look up or down."""
        random = self._random
        self._left = self._frames(random.uniform(0.5, 3.0))
        kind = random.random()
        self._keys: frozenset[str] = frozenset()
        if kind < 0.72:
            sprint = {"sprint"} if random.random() < 0.25 else set()
            aside = random.random()
            self._keys = frozenset({"forward", *sprint, *(["left"] * (aside < 0.08)), *(["right"] * (aside > 0.92))})
        elif kind < 0.78:
            self._keys = frozenset({"back"})
            self._left = min(self._left, self._frames(1.2))
        elif kind < 0.88:
            self._keys = frozenset({"left" if random.random() < 0.5 else "right"})
        elif kind >= 0.95:
            self._keys = frozenset({"sneak", *(["forward"] * (random.random() < 0.8))})
        if random.random() < 0.10:
            self._jumping = max(self._jumping, self._frames(random.uniform(0.2, 1.0)))
        gaze = random.random()
        self._wanted_speed = 0.0 if gaze < 0.4 else random.normal(0, 40 if gaze < 0.9 else 110)
        if random.random() < 0.5:
            self._wanted_pitch = float(np.clip(random.normal(6, 13), -35, 45))

    def _mind_the_way(self, around: Surroundings) -> None:
        """Climb steps; turn away from walls, cliffs and water; get loose where the walk is stuck."""
        climbable = around.step_ahead and not around.wall_ahead
        if climbable and not self._jumping and self._chance(0.5):
            self._jumping = self._frames(self._random.uniform(0.3, 0.6))
        cliff = around.drop_ahead > 5 and not around.in_liquid
        shore = around.liquid_ahead and not around.in_liquid
        blocked = around.wall_ahead or cliff or shore
        if not self._turning and (blocked or around.wall_near) and self._chance(0.25 if blocked else 0.15):
            self._turn(0.4, 1.3, 60, 150)
        if self._turning or not self._stuck():
            return
        if climbable and not self._jumping and self._chance(0.6):
            self._jumping = self._frames(0.5)
        elif self._chance(0.25):
            self._keys = frozenset({"back"})
            self._left = self._frames(self._random.uniform(0.4, 1.0))
            self._turn(0.6, 1.2, 80, 160)
        elif self._chance(0.3):
            self._turn(0.5, 1.3, 80, 160)

    def _stuck(self) -> bool:
        (x, z), (now_x, now_z) = self._trail[0], self._trail[-1]
        return len(self._trail) == self._trail.maxlen and math.hypot(now_x - x, now_z - z) < _STUCK_NODES

    def _turn(self, shortest: float, longest: float, slowest: float, fastest: float) -> None:
        """Turn to either side for some seconds at some degrees per second."""
        self._turning = self._frames(self._random.uniform(shortest, longest))
        self._turn_speed = self._random.choice((-1, 1)) * self._random.uniform(slowest, fastest)

    def _turned(self, keys: set[str], wanted_speed: float) -> Action:
        """The camera follows its will as a hand does: late, smoothly, with a tremor."""
        follow = 1 - math.exp(-1 / (_INERTIA * self._fps))
        wanted_pitch_speed = float(
            np.clip((self._wanted_pitch - self._pitch_counts * DEGREES_PER_COUNT) * 1.5, -60, 60)
        )
        self._yaw_speed += follow * (wanted_speed - self._yaw_speed) + self._random.normal(0, 1.0)
        self._pitch_speed += follow * (wanted_pitch_speed - self._pitch_speed) + self._random.normal(0, 0.5)
        self._yaw_speed = float(np.clip(self._yaw_speed, -MAX_SPEED, MAX_SPEED))
        yaw = self._counts(self._yaw_speed / self._fps)
        limit = self._counts(MAX_PITCH)
        pitch = int(np.clip(self._pitch_counts + self._counts(self._pitch_speed / self._fps), -limit, limit))
        down, self._pitch_counts = pitch - self._pitch_counts, pitch
        held = dict.fromkeys(keys, True)
        return Action(**held, pitch=down * DEGREES_PER_COUNT, yaw=yaw * DEGREES_PER_COUNT)

    def _counts(self, degrees: float) -> int:
        return round(degrees / DEGREES_PER_COUNT)

    def _frames(self, seconds: float) -> int:
        return max(1, round(seconds * self._fps))

    def _chance(self, at_rate: float) -> bool:
        """Whether something happens in this frame that in each frame at `_RATE` has this chance."""
        return bool(self._random.random() < 1 - (1 - at_rate) ** (_RATE / self._fps))
