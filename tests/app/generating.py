"""A generator in its thread, with a world that is known to the frame."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app.generation import Generator, GeneratorOptions
from app.hands import Sample
from app.walker import WalkOptions
from model.actions import Action

from .fakes import FakeWorld

PATIENCE = 30.0  # seconds; a busy machine may hold a thread back for long


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.002)


@contextmanager
def running(
    world: FakeWorld,
    *,
    fps: float = 200.0,
    sample: Callable[[], Sample] = lambda: Sample(Action()),
    **settings: Any,
) -> Iterator[Generator]:
    outer = {name: settings.pop(name) for name in ("wake", "say", "clock", "forget", "recording") if name in settings}
    walk = WalkOptions(**{name: settings.pop(name) for name in ("scene", "seed", "steps") if name in settings})
    generator = Generator(lambda: world, sample, GeneratorOptions(fps=fps, walk=walk, **settings), **outer)
    generator.start()
    try:
        yield generator
    finally:
        generator.stop()
        assert not generator.running, "the thread did not join"
