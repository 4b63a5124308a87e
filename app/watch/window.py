"""A run of the player in the newest weights of a training, which may have none yet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pygame

from model.errors import ArvdError
from model.world_spec import check_weights, read_scenes, read_spec

from ..browse.words import shortened
from ..engine import World, open_world
from ..in_window import play_on
from ..options import Options
from ..picture import Picture
from ..player import Player
from ..report import write_report
from ..screens import loading
from ..seat import Seat, open_seat
from ..startup import open_as_set
from ..warn import warn
from .options import WatchOptions
from .watcher import Watcher
from .weights import Weights, newest_first, training_now

_BEAT_SECONDS = 0.25
_BEATS_PER_LOOK = 4
_LEAVE = {("escape", True), ("pad b", True)}
_WIDEST = 0.9  # of the window, for words


def run_watch(watch: WatchOptions, open_world: Callable[[Options], World] = open_world) -> None:
    """Wait for the first weights of the run, then play the newest until the person leaves or a signal comes.

    Raises:
        ArvdError: no display, no OpenGL 3.3, options that do not go with the world of the run.
        GenerationError: the generator met anything else.
    """
    name = watch.run.resolve().name
    with open_seat(watch.size, f"arvd - {name}") as seat:
        found = WaitingRoom(watch.run, seat).wait()
        if found is None:
            return
        options = watch.playing(found.folder)
        report = play_on(options, seat, open_world, lambda player: _watched(player, watch, open_world))
    if options.report is not None and report is not None:
        write_report(options.report, report)


@contextmanager
def _watched(player: Player, watch: WatchOptions, open_world: Callable[[Options], World]) -> Iterator[None]:
    """Watch the run as long as one of its worlds is played: in the menu a person may choose another."""
    folder = player.known.folder
    playing = next((weights for weights in newest_first(watch.run) if weights.folder == folder), None)
    if playing is None:
        yield
        return

    def open_as_player(world: Path) -> World:
        settings = player.preferences.settings.play
        return open_as_set(replace(player.options, world=world), settings, open_world, player.say)

    watcher = Watcher(watch.run, playing, player, open_as_player, warn)
    watcher.start()
    try:
        yield
    finally:
        watcher.stop()


class WaitingRoom:
    """What is shown until a run has left something that can be played."""

    def __init__(self, run: Path, seat: Seat) -> None:
        """Show nothing yet."""
        self._run, self._seat = run, seat
        self._picture = Picture(seat.window.context)
        self._refused: dict[Path, tuple[object, ...]] = {}

    def wait(self) -> Weights | None:
        """Return the newest weights that are whole as soon as there are any; None when the person leaves before."""
        beat = 0
        while not self._seat.stop.is_set():
            if beat % _BEATS_PER_LOOK == 0 and (found := self._look()) is not None:
                return found
            self._draw(beat)
            for event in self._seat.window.wait_events(_BEAT_SECONDS):
                names = tuple(self._seat.inputs.changes(event))  # pads that are there already say so now, and only once
                if event.type == pygame.QUIT or not _LEAVE.isdisjoint(names):
                    return None
            beat += 1
        return None

    def _look(self) -> Weights | None:
        for weights in newest_first(self._run):
            state = weights.state()
            if self._refused.get(weights.folder) == state:
                continue
            try:
                check_weights(weights.folder, read_spec(weights.folder))
                read_scenes(weights.folder)
            except ArvdError as error:
                if weights.folder not in self._refused:
                    warn(f"{weights.title} is left out: {error}")
                self._refused[weights.folder] = state
            else:
                return weights
        return None

    def _draw(self, beat: int) -> None:
        size = self._seat.window.size
        now = training_now(self._run)
        what = "waiting for the first weights that can be played" + (f"; now at {now}" if now else "")
        title = shortened(self._run.resolve().name, 84, _WIDEST * size[0])
        settings = self._seat.preferences.settings.picture
        lit = None if settings.reduced_motion else beat
        self._picture.draw(size, loading(title, size, lit, what, text_scale=settings.text_scale))
        self._seat.window.show()
