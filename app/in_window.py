"""A run of the player in a window, from its opening to its report."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace

from .commands import load_walk
from .engine import World, open_world
from .fitting import fitted
from .last_played import remembered
from .lobby import Lobby
from .lost_display import rescued
from .options import Options
from .player import Player
from .recording import open_recording
from .reopening import reopened
from .report import write_report
from .seat import Seat, open_seat
from .startup import beside_drawing

_GIGABYTE = 10**9


def run_window(options: Options, open_world: Callable[[Options], World] = open_world) -> None:
    """Play until the person leaves, a signal comes, or `options.frames` are made; then write the report.

    Raises:
        ArvdError: no display, no OpenGL 3.3, a world that was asked for and cannot be loaded.
        GenerationError: the generator met anything else.
    """
    with open_seat(options.size, "arvd" if options.gallery else f"arvd - {options.spec.title}") as seat:
        coming = Lobby(options, seat).run() if options.gallery else options

        @contextmanager
        def attend(player: Player) -> Iterator[None]:
            with remembered(player, seat.preferences), fitted(player, open_world):
                yield

        # a run that ends by itself is not what somebody plays
        report = play_on(coming, seat, open_world, attend if options.frames is None else nullcontext)
    if options.report is not None and report is not None:
        write_report(options.report, report)


def play_on(
    options: Options | None,
    seat: Seat,
    open_world: Callable[[Options], World],
    attend: Callable[[Player], AbstractContextManager[object]] = nullcontext,
) -> dict[str, object] | None:
    """Play a world and all that are chosen after it; returns the figures of the last one, None if none was loaded.

    `attend` surrounds each of them.
    """
    report: dict[str, object] | None = None
    while options is not None:
        options, report = _play(options, seat, open_world, attend)
    return report


def _play(
    options: Options,
    seat: Seat,
    open_world: Callable[[Options], World],
    attend: Callable[[Player], AbstractContextManager[object]],
) -> tuple[Options | None, dict[str, object] | None]:
    """Play one world; returns what is to be played after it, and the figures."""
    options = beside_drawing(options, seat.window.draws_on_processor)
    budget = options.record_budget or round(seat.preferences.settings.play.record_budget_gb * _GIGABYTE)
    with ExitStack() as kept:  # what has to be closed on any end, that of the display too
        recording = kept.enter_context(open_recording(replace(options, record_budget=budget)))
        player = Player(replace(options, slot=None), seat, open_world, recording)
        kept.callback(player.generator.stop)
        if options.slot is not None:
            load_walk(player, options.slot)

        def rescue() -> None:
            with ExitStack() as last:
                last.callback(_write, player.options, player)
                last.callback(seat.preferences.save)
                last.callback(player.keeper.wait)
                last.callback(kept.close)

        with rescued(rescue):
            try:
                with reopened(player, open_world), attend(player):
                    coming = player.play()
            finally:
                player.close()
        return coming, player.report()


def _write(options: Options, player: Player) -> None:
    report = player.report()
    if options.report is not None and report is not None:
        write_report(options.report, report)
