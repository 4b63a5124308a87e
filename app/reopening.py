"""Opens the world that is played otherwise, while the walk goes on in it as it was; then the walk goes on in that.

What takes long, as a compiler does, is made by another process first. What cannot be is said, and nothing changes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import SimpleQueue
from typing import Protocol

from model.errors import ArvdError, StateError
from model.runtimes.names import ONNX_RUNTIMES

from .beside import StoppedError, run_beside
from .engine import World, settle_threads
from .generation import Generator
from .options import Options
from .preferences import Preferences
from .settings import PlaySettings, Settings
from .slots import Slots
from .startup import as_set
from .walker import Walker

_QUIET_SECONDS = 0.6  # a dial is turned past what nobody wants
_LOOK_SECONDS = 0.5
_JOIN_SECONDS = 20.0  # loading a world cannot be interrupted
_LONG_IN_MAKING = ("compiled", "compiled-fp32", *ONNX_RUNTIMES)


class Desk(Protocol):
    """The player as it is seen from here."""

    generator: Generator
    preferences: Preferences
    slots: Slots
    options: Options

    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""


@contextmanager
def reopened(desk: Desk, open_world: Callable[[Options], World]) -> Iterator[None]:
    """Open the world that is played otherwise whenever the settings of runtime and memory change."""
    reopening = Reopening(desk, open_world)
    desk.preferences.listeners.append(reopening.follow)
    try:
        yield
    finally:
        desk.preferences.listeners.remove(reopening.follow)
        reopening.stop()


class Reopening:
    """Waits in a thread of its own for other settings, until `stop`; of several only the newest count."""

    def __init__(self, desk: Desk, open_world: Callable[[Options], World]) -> None:
        """Start to wait; `open_world` opens what `desk` plays."""
        self._desk, self._open_world = desk, open_world
        self._wishes: SimpleQueue[PlaySettings | None] = SimpleQueue()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reopening", daemon=True)
        self._thread.start()

    def follow(self, before: Settings, now: Settings) -> None:
        """Hear of other settings."""
        if (before.play.runtime, before.play.window) != (now.play.runtime, now.play.window):
            # chosen by hand: what the command line said holds no longer
            self._desk.options = replace(self._desk.options, runtime="auto", window=None, branch=None)
            self._wishes.put(now.play)

    def stop(self) -> None:
        """Open no more; waits for a world that is being loaded."""
        self._over.set()
        self._wishes.put(None)
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        while (wanted := self._wishes.get()) is not None:
            self._over.wait(_QUIET_SECONDS)
            while not self._wishes.empty():
                wanted = self._wishes.get()
            if wanted is None:
                return
            while self._desk.generator.startup_ms is None:  # the first world is opened, and led as it was recorded
                if self._over.wait(_LOOK_SECONDS):
                    return
            self._reopen(as_set(self._desk.options, wanted))

    def _reopen(self, options: Options) -> None:
        try:
            self._make(options)
            world = self._open_world(options)
        except StoppedError:
            return
        except ArvdError as error:
            self._desk.say(f"{error}; the walk goes on as it was")
            return

        def change(walker: Walker) -> None:
            go_on(walker, world, options, self._desk.slots)
            self._desk.say(f"computed by {world.runtime}, with {world.context_frames} frames in mind")

        self._desk.generator.ask(change)

    def _make(self, options: Options) -> None:
        """Have another process make what opening the world would take long for.

        Raises:
            ArvdError: saying why that failed.
        """
        if options.runtime not in _LONG_IN_MAKING:
            return
        self._desk.say(f"getting {options.runtime} ready; it may take a minute, and you can play on")
        words = ["--headless", "--frames", "1", "--world", str(options.world), "--runtime", options.runtime]
        words += ["--window", str(options.window)] if options.window is not None else []
        if failed := run_beside(words, self._over):
            raise ArvdError(failed)


def go_on(walker: Walker, world: World, options: Options, slots: Slots) -> None:
    """Go on at the same frame in the same world opened otherwise, with all of its past.

    Where the weights in its folder were replaced meanwhile, the newest frames are its past.
    """
    try:
        walker.change_runtime(world)
    except StateError:
        walker.change_world(world)
    slots.follow(world)
    settle_threads(world, options)
