"""Walkers through a world, and what they do there."""

from app.hands import Sample
from app.quality import Quality
from app.walker import Walker, WalkOptions
from model.actions import Action
from model.world import World

FPS = 16.0
WALK = [Action(forward=k % 3 > 0, yaw=k % 5 - 2.0) for k in range(40)]


def walker_of(world: World, **options: object) -> Walker:
    quality = Quality((1, 2, 4), FPS, steps=2, auto=False)
    return Walker(world, WalkOptions(**{"rewind_seconds": 2.0, **options}), fps=FPS, quality=quality)


def play(walker: Walker, actions: list[Action]) -> list[bytes]:
    return [walker.step(Sample(action))[0].tobytes() for action in actions]
