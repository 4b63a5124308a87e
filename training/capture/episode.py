"""One clip: a place, a walk, every frame with the action that made it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from model.actions import IDLE, Action
from model.footage.clip import Actions, Details, Prompt
from model.footage.gf_clip import Positions, clip_video, write_metadata
from model.footage.video import Encoding

from .client import Frame, Game, Surroundings
from .encoder import BackgroundEncoder
from .places import Place, go_to_place
from .plan import CapturePlan, Draw
from .policy import POLICY, RandomWalk

LICENCE = "pictures: Minetest Game media by their authors, mostly CC BY-SA 3.0"
"""What whoever publishes frames passes on."""

_REST = 4  # frames in which a player who has just been put somewhere comes to rest


@dataclass(frozen=True)
class Walked:
    """What was done while frames were taken."""

    actions: Actions
    positions: Positions
    """(t, 3); from the game's server, a frame or two old."""


def record(game: Game, act: Callable[[Surroundings], Action], frames: int, take: Callable[[Frame], None]) -> Walked:
    """Play `frames` frames; the first is what is seen before anything is done, each other one follows an action."""
    for _ in range(_REST):
        first = game.step(IDLE)
    take(first)
    actions, seen = [IDLE], [game.surroundings()]
    while len(actions) < frames:
        action = act(seen[-1])
        take(game.step(action))
        actions.append(action)
        seen.append(game.surroundings())
    vectors = np.stack([action.vector() for action in actions])
    return Walked(vectors, np.array([(around.x, around.y, around.z) for around in seen]))


def capture_clip(game: Game, plan: CapturePlan, clip: int, folder: Path, encoding: Encoding) -> Details:
    """Capture one clip into `folder`; returns what is known of it."""
    place, name = go_to_place(game, plan, clip), plan.name(clip)
    walk = RandomWalk(plan.generator(Draw.WALK, clip), plan.fps)
    with clip_video(folder, name, plan.size, plan.fps, encoding) as video, BackgroundEncoder(video) as encoder:
        walked = record(game, walk.act, plan.frames, encoder.take)
    details = describe(place, plan.frames)
    extra = about(plan, game.version, place) | {"policy": POLICY, "clip": clip}
    write_metadata(folder, name, walked.actions, details=details, extra=extra, positions=walked.positions)
    return details


def about(plan: CapturePlan, engine: str, place: Place) -> dict[str, Any]:
    """Where a clip comes from, for its metadata."""
    return {
        "game": plan.game,
        "engine": engine,
        "capture_seed": plan.seed,
        "world_seed": place.world_seed,
        "place": [place.x, place.z],
        "time_of_day": place.time,
        "licence": LICENCE,
    }


def describe(place: Place, frames: int) -> Details:
    """What is known of a clip that starts at `place`."""
    landscape = place.biome.replace("_", " ")
    text = f"Walking through a voxel {landscape} landscape, {place.hour[0].lower()}{place.hour[1:]}."
    return Details(biome=place.biome, weather="clear", time=place.hour, prompts=(Prompt(0, frames, text),))
