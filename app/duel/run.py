"""A sitting of comparisons in a window: from its opening to what was voted, and what happens when a world stops."""

import gc
from collections.abc import Callable

from model.errors import ArvdError

from ..engine import World, open_world
from ..fault_report import FaultReport
from ..generation import GenerationError
from ..seat import Seat, open_seat
from .ballot import Ballot
from .options import DuelOptions, Side
from .stopped import Stopped
from .window import DuelPlayer


def run_duel(options: DuelOptions, open_world: Callable[[Side], World] = open_world) -> None:
    """Compare until the person leaves, a signal comes, or `options.frames` are made; then print what was voted.

    Raises:
        ArvdError: no display, no OpenGL 3.3, a world that cannot be loaded.
        GenerationError: a generator met anything else, and the person left, or was not there to be told.
    """
    names = " or ".join(side.spec.title for side in options.sides)
    ballot, number = Ballot(options), 1
    try:
        with open_seat(options.size, "arvd - a blind comparison" if options.blind else f"arvd - {names}") as seat:
            while number:
                number = _compare(options, seat, open_world, ballot, number)
                gc.collect()  # the error that stopped a world holds it, and two more are about to be loaded
    finally:
        for line in ballot.summary():
            print(line, flush=True)


def _compare(options: DuelOptions, seat: Seat, open_world: Callable[[Side], World], ballot: Ballot, number: int) -> int:
    """Compare from round `number` on; returns the round to begin again with where a world stopped, 0 at the end."""
    player = DuelPlayer(options, seat, open_world, ballot, number)
    try:
        player.play()
        return 0
    except (ArvdError, GenerationError, OSError) as error:
        if player.pair is None or options.frames is not None:
            raise  # what was asked for cannot be done, or nobody watches
        stopped = error
    finally:
        player.close()
    fault = FaultReport(stopped.__cause__ or stopped, player.place, seat.preferences.settings, seat.window.renderer)
    if Stopped(fault, seat, player.pair.frames[0].pixels).run():
        return player.round.number
    if seat.stop.is_set():  # whoever ends the program from outside has no use for an error
        return 0
    raise stopped
