"""Where a clip starts: a biome, a column of it, a time of day; and the wait until all of it is there to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model.actions import IDLE, Action
from model.errors import DataError

from .client import Frame, Game, GameError
from .plan import CapturePlan, Draw

_REACH = 2500  # nodes from the middle of a world
_COLUMNS = 64  # of which one is taken
_BARE = ("icesheet", "cold_desert", "tundra", "sandstone_desert")  # little but ground and sky
_LOOKS, _LOOK_SECONDS = 12, 0.06  # all round, so that the server sends every direction
_VIEWS, _VIEW_SECONDS = 6, 0.1  # all round again, each until it rests
_PATIENCE = 60  # looks at a view that does not rest
_CHANGED_LEVELS, _CHANGED_SHARE = 24, 0.002  # what counts as something that came into view
_LIGHT_FRAMES, _LIGHT_LEVELS, _LIGHT_SHARE = 8, 2, 0.03  # the sky's brightness creeps by 2 % a frame
_LIGHT_PATIENCE = 40  # times as many frames
_BLANK_LEVELS = 6.0  # deviation; less is fog or a wall


@dataclass(frozen=True)
class Place:
    """Where the player stands when a clip starts."""

    world_seed: int
    x: int
    z: int
    biome: str
    time: float
    """Of the day, 0 to 1; 0.5 is noon."""

    @property
    def hour(self) -> str:
        """The time of day in the words of GF-Minecraft."""
        names = (
            (0.22, "Midnight, moon is at its peak"),
            (0.27, "Beginning of sunrise"),
            (0.40, "Starting of a day"),
            (0.70, "Noon, sun is at its peak"),
            (0.80, "Sunset"),
            (0.90, "Beginning of night"),
        )
        return next((name for end, name in names if self.time < end), names[0][1])


def go_to_place(game: Game, plan: CapturePlan, clip: int) -> Place:
    """Put the player where a clip starts, and wait until the picture is complete.

    Raises:
        DataError: when the world has no such place.
        GameError: when the game fails.
    """
    random = plan.generator(Draw.PLACE, clip)
    columns = random.integers(-_REACH, _REACH, (_COLUMNS, 2))
    time, heading = round(float(random.uniform(*plan.times)), 4), round(float(random.random()), 4)
    biomes = game.command("survey", *(int(number) for number in columns.ravel()))
    reasons: list[str] = []
    for k in spread(biomes, plan, random):
        x, z = (int(number) for number in columns[k])
        answer, *rest = game.command("place", x, z, time, heading)
        if answer != "ok":
            reasons.append(rest[0])
        elif not plan.allows(rest[0]):
            reasons.append(f"biome {rest[0]}")
        elif settle(game):
            return Place(game.world_seed, x, z, rest[0], time)
        else:
            reasons.append("unsettled")
    raise DataError(
        f"found no place to start {plan.name(clip)} at, of {len(reasons)} ({', '.join(sorted(set(reasons)))}); "
        "allow more biomes or take another seed"
    )


def spread(biomes: Sequence[str], plan: CapturePlan, random: np.random.Generator) -> list[int]:
    """Order in which columns of these `biomes` are tried: every biome has the same chance, the barest ones half.

    A biome that goes on under another name near the water (savanna, savanna_shore) may lead to that one too.
    """
    columns: dict[str, list[int]] = {}
    for k, biome in enumerate(biomes):
        near = any(wanted.startswith(biome) for wanted in plan.biomes) if plan.biomes else False
        if plan.allows(biome) or near:
            columns.setdefault(biome, []).append(k)
    order: list[int] = []
    while columns:
        names = sorted(columns)
        weights = np.array([0.5 if name in _BARE else 1.0 for name in names])
        biome = names[int(random.choice(len(names), p=weights / weights.sum()))]
        order.append(columns[biome].pop(0))
        if not columns[biome]:
            del columns[biome]
    return order


def settle(game: Game) -> bool:
    """Look all round until nothing more comes into view and the light rests; False when it never does."""
    for _ in range(_LOOKS):
        game.step(Action(yaw=360 / _LOOKS))
        game.wait(_LOOK_SECONDS)
    looked = rested = 0
    while rested < _VIEWS:
        before = game.step(Action(yaw=360 / _VIEWS))
        rested += 1
        while _changed(before, after := game.wait(_VIEW_SECONDS), _CHANGED_LEVELS) > _CHANGED_SHARE:
            before, rested, looked = after, 0, looked + 1
            if looked == _PATIENCE:
                raise GameError("the picture never rests")
    for _ in range(_LIGHT_PATIENCE):
        before = after
        for _ in range(_LIGHT_FRAMES):
            after = game.step(IDLE)
        if _changed(before, after, _LIGHT_LEVELS) <= _LIGHT_SHARE:
            return float(after.std()) > _BLANK_LEVELS
    return False


def _changed(before: Frame, after: Frame, levels: int) -> float:
    """Share of the pixels that changed by more than some levels."""
    difference: npt.NDArray[np.int16] = np.abs(before.astype(np.int16) - after)
    return float((difference.max(axis=2) > levels).mean())
