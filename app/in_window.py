"""A run of the player in a window, from its opening to its report."""

import signal
import threading
from collections.abc import Callable
from types import FrameType

from .engine import World, open_world
from .options import Options
from .player import Player
from .recording import open_recording
from .report import write_report
from .settings import load_settings, settings_path
from .window import open_window


def run_window(options: Options, open_world: Callable[[Options], World] = open_world) -> None:
    """Play until the person leaves, a signal comes, or `options.frames` are made; then write the report.

    Raises:
        ArvdError: no display, no OpenGL 3.3, a world that cannot be loaded.
        GenerationError: the generator met anything else.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    loaded = load_settings(settings_path())
    with (
        open_recording(options) as recording,
        open_window(options.size, f"arvd - {options.spec.title}", vsync=loaded.settings.picture.vsync) as window,
    ):
        player = Player(options, window, lambda: open_world(options), stop, recording, loaded)
        try:
            player.play()
        finally:
            player.close()
        report = player.report()
    if options.report is not None and report is not None:
        write_report(options.report, report)
