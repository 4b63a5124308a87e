"""`arvd-data capture`: footage of a real game, with the action of every frame."""

import argparse
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

from model.errors import DataError


def add_to(verbs: Any) -> None:
    """Add the verb to the sub-parsers of `arvd-data`."""
    text = "play a real game in lock-step and record every frame with its action; run again to go on"
    command = verbs.add_parser("capture", help=text, description=text)
    command.add_argument("out", type=Path, metavar="OUT", help="folder of the footage, in GF-Minecraft layout")
    command.add_argument("--game", choices=["luanti"], default="luanti", help="game to play (default: %(default)s)")
    command.add_argument("--clips", type=int, default=20, help="clips in all (default: %(default)s)")
    command.add_argument("--frames", type=int, default=513, help="frames of a clip (default: %(default)s)")
    command.add_argument(
        "--size", default="160x96", metavar="WxH", help="160x96 to 640x360, even sides (default: %(default)s)"
    )
    command.add_argument("--fps", type=float, default=16.0, help="frames per second (default: %(default)g)")
    command.add_argument("--seed", type=int, default=0, help="of worlds, places and walks (default: %(default)s)")
    command.add_argument("--workers", type=int, help="games at a time (default: one per core)")
    command.add_argument(
        "--biomes", default="", metavar="A,B", help="names as the game has them (default: all but the darkest)"
    )
    command.add_argument(
        "--time", default="day", metavar="TIME", help="day, dusk, any, or a range such as 0.3-0.7 (0.5 is noon)"
    )
    command.add_argument(
        "--places-per-world", type=int, default=10, metavar="N", help="clips of one world (default: %(default)s)"
    )
    command.add_argument("--interactive", action="store_true", help="play yourself in a window; R records")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Capture what is missing; raises ArvdError for what the user can mend."""
    from ..capture.installed import find_installed
    from ..capture.plan import CapturePlan

    plan = CapturePlan(
        clips=arguments.clips,
        game=arguments.game,
        frames=arguments.frames,
        size=_size(arguments.size),
        fps=arguments.fps,
        seed=arguments.seed,
        biomes=tuple(name for name in re.split(r"[,\s]+", arguments.biomes) if name),
        times=_times(arguments.time),
        places_per_world=arguments.places_per_world,
    )
    workers = (os.cpu_count() or 1) if arguments.workers is None else arguments.workers
    if workers < 1:
        raise DataError(f"{workers} workers capture nothing; give 1 or more")
    installed = find_installed()
    signal.signal(signal.SIGTERM, _interrupt)
    if arguments.interactive:
        os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # read when pygame is imported
        from ..capture.interactive import play

        recorded = play(plan, arguments.out, installed)
        print(f"{arguments.out}: {recorded} clips recorded")
        return 0
    from ..capture.collect import collect
    from ..logs import Steps

    missing = len(plan.missing(arguments.out))
    started = time.monotonic()
    with Steps("capture", missing, "clips") as steps:
        collect(plan, arguments.out, installed, workers, steps.advance)
    rate = missing * plan.frames / (time.monotonic() - started)
    made = f"{missing:,} made now at {rate:.0f} frames/s" if missing else "all were there"
    print(f"{arguments.out}: {plan.clips:,} clips of {plan.frames:,} frames, {made}")
    return 0


def _interrupt(number: int, frame: object) -> None:
    """Being asked to end is answered as Ctrl-C is."""
    del number, frame
    raise KeyboardInterrupt


def _size(text: str) -> tuple[int, int]:
    """Height and width of a text such as 160x96."""
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if match is None:
        raise DataError(f"the size {text!r} is not understood; write for example 160x96")
    return int(match[2]), int(match[1])


def _times(text: str) -> tuple[float, float]:
    """Earliest and latest time of day of a name or a range."""
    from ..capture.plan import TIMES

    if text in TIMES:
        return TIMES[text]
    match = re.fullmatch(r"([\d.]+)-([\d.]+)", text)
    try:
        return (float(match[1]), float(match[2])) if match else (float(text), float(text))
    except ValueError:
        raise DataError(f"the time {text!r} is not understood; write day, dusk, any or for example 0.3-0.7") from None
