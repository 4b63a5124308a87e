"""Fits a world to this machine while it is played for the first time: another process compiles and measures it.

That process has the lowest priority, and the window goes on meanwhile. When it is done the walk goes on from the frame
where it is, in the same world computed faster; where that is being recorded, which takes one runtime, the next start is
the first to be faster.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from model.errors import ArvdError

from .beside import StoppedError, run_beside
from .engine import World, can_be_fitted
from .options import Options
from .player import Player
from .reopening import go_on
from .startup import as_set
from .walker import Walker

_AFTER_SECONDS = 20.0  # of play: who only looks in is not made to wait for a compiler
_LOOK_SECONDS = 0.5


@contextmanager
def fitted(player: Player, open_world: Callable[[Options], World]) -> Iterator[None]:
    """Fit the world that is played, unless it has been, cannot be, or nobody wants that."""
    fitting = Fitting(player, player.options, open_world)
    if player.preferences.settings.play.fit:
        fitting.start()
    try:
        yield
    finally:
        fitting.stop()


class Fitting:
    """The fitting of one world, from `start` to `stop`."""

    def __init__(self, player: Player, options: Options, open_world: Callable[[Options], World]) -> None:
        """Fit the world of `options`, which `player` plays and `open_world` opens."""
        self._player, self._options, self._open_world = player, options, open_world
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fitting", daemon=True)

    def start(self) -> None:
        """Begin once the world has been played for a while."""
        self._thread.start()

    def stop(self) -> None:
        """End it, done or not; what is half compiled is not kept."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        if self._over.wait(_AFTER_SECONDS):
            return
        generator = self._player.generator
        while generator.world is None or generator.startup_ms is None:  # a replay is led through as it was recorded
            if self._over.wait(_LOOK_SECONDS):
                return
        if not self._wanted() or not can_be_fitted(generator.world) or not self._tune():
            return
        with contextlib.suppress(ArvdError):  # as it was is good enough
            if self._wanted():
                faster = self._open_world(self._options)
                self._player.generator.ask(lambda walker: self._go_on(walker, faster))

    def _wanted(self) -> bool:
        """Whether the person leaves it to the machine what computes the world, which is played as it was made."""
        now = as_set(self._options, self._player.preferences.settings.play)
        return (now.runtime, now.window) == ("auto", None)

    def _tune(self) -> bool:
        """Tune the world in a process of its own; returns whether that came to its end."""
        with contextlib.suppress(StoppedError):
            return not run_beside(["--tune", "--world", str(self._options.world)], self._over)
        return False

    def _go_on(self, walker: Walker, faster: World) -> None:
        before = walker.world.runtime
        if self._player.recording.on:
            self._player.say("fitted to this machine: the next start is faster")
        elif faster.runtime != before and self._wanted():
            go_on(walker, faster, self._options, self._player.slots)
            self._player.say("fitted to this machine: frames now take less of it")
