"""A thread that looks for newer weights of a training, loads them, and has the walk go on in them.

Weights that are not whole, or of another kind of world, are left out and told of once; they are looked at again
when their files change. The end of the training is no event: there is only nothing newer any more.
"""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from model.actions import Action
from model.errors import WorldError
from model.world_spec import WorldSpec, read_spec

from ..engine import World
from ..generation import Generator, Request
from ..options import Options
from ..recording import Recording
from ..slots import Slots
from ..walker import Walker
from .weights import Weights, newest_first

_SECONDS = 2.0  # between two looks
_JOIN_SECONDS = 20.0  # loading a world cannot be interrupted


class Desk(Protocol):
    """The player as the watcher sees it."""

    generator: Generator
    recording: Recording
    slots: Slots
    options: Options

    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""


class Watcher:
    """Looks from `start` to `stop`; `look` may also be called without a thread."""

    def __init__(
        self,
        run: Path,
        playing: Weights,
        desk: Desk,
        open_world: Callable[[Path], World],
        warn: Callable[[str], None],
    ) -> None:
        """Watch the training in `run` while `desk` is `playing`; `warn` hears in full why weights are left out."""
        self._run, self._playing, self._desk = run, playing, desk
        self._open_world, self._warn = open_world, warn
        self._spec = read_spec(playing.folder)
        self._refused: dict[Path, tuple[object, ...]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def start(self) -> None:
        """Start to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; waits for a world that is being loaded."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_SECONDS)

    def look(self) -> None:
        """Turn to the newest weights that are newer than those of now and can be played."""
        for found in newest_first(self._run):
            if found.made <= self._playing.made or self._take(found):
                return

    def _watch(self) -> None:
        while not self._over.wait(_SECONDS):
            if self._desk.generator.world is not None:  # one world at a time is enough to load
                self.look()

    def _take(self, found: Weights) -> bool:
        """Load weights and have the walk go on in them; False when they are left out."""
        state = found.state()
        if self._refused.get(found.folder) == state:
            return False
        try:
            spec = read_spec(found.folder)
            if (spec.width, spec.height, spec.fps) != (self._spec.width, self._spec.height, self._spec.fps):
                raise WorldError(f"{found.folder}: frames of another size or rate; start again to play them")
            if (spec.files, spec.sampler) != (self._spec.files, self._spec.sampler):
                world = self._open_world(found.folder)
                world.start().step(Action())  # so that it is known to play, and its first frames are no slower
                self._desk.generator.ask(self._change(found, spec, world))
        except Exception as error:  # whatever a file can hold must leave the walk alone
            if found.folder not in self._refused:
                self._desk.say(f"{found.title} cannot be played and is left out")
                self._warn(f"{found.title} is left out: {' '.join(str(error).split())}")
            self._refused[found.folder] = state
            return False
        self._playing, self._spec = found, spec
        return True

    def _change(self, found: Weights, spec: WorldSpec, world: World) -> Request:
        def change(walker: Walker) -> None:
            walker.change_world(world)
            self._desk.options = replace(self._desk.options, world=found.folder, spec=spec)
            self._desk.recording.describe(spec)
            self._desk.slots.follow(world)
            self._desk.say(f"now playing {found.title}")

        return change
