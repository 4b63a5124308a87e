"""`arvd-play`: read the command line, then play in a window or run without a display.

Owns exit codes and what stands on stderr. Everything heavy is imported once the command line has been
checked.
"""

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

from model.errors import ArvdError, WorldError
from model.machine import wait_calmly
from model.world_spec import bundled_worlds, read_scenes, read_spec

from . import report as _clock  # noqa: F401 - its import starts the time where the system tells none
from .duel.options import check_alone
from .leaving import heed, leave
from .options import Options, build_parser, check, check_from

DONE, FAILED, WRONG_USAGE = 0, 1, 2
_HUSHED = "PYGAME_HIDE_SUPPORT_PROMPT", "1"  # read when pygame is imported


def command() -> NoReturn:
    """Run `arvd-play` as a process of its own."""
    leave(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run `arvd-play` and return its exit code: 0 done, 1 failed, 2 wrong usage or bad input."""
    wait_calmly()
    try:
        arguments = build_parser().parse_args(argv)
        if arguments.list_worlds:
            return _list_worlds()
        if arguments.doctor:
            return _doctor(arguments)
        if arguments.tune:
            return _tune(arguments)
        check_alone(arguments)
        check_from(arguments)
        if arguments.versus is not None:
            return _versus(arguments)
        if arguments.watch is not None:
            return _watch(arguments)
        if arguments.browse is not None:
            return _browse(arguments)
        if arguments.replay is not None:
            return _replay(arguments)
        return _play(check(arguments))
    except SystemExit as done:  # argparse leaves so after --help
        return DONE if done.code in (None, 0) else WRONG_USAGE
    except ArvdError as error:
        return _fail(error, WRONG_USAGE)
    except KeyboardInterrupt as stop:
        return _fail(stop, FAILED)
    except Exception as error:  # the last line of defence: one sentence, the traceback on request
        return _fail(error, FAILED)


def _play(options: Options) -> int:
    if options.headless:
        heed(_interrupt)
        from .headless import run_headless

        run_headless(options)
        return DONE
    with _window():
        from .in_window import run_window

        run_window(options)
    return DONE


def _replay(arguments: argparse.Namespace) -> int:
    from .replay_options import RegenerateOptions, check_replay

    options = check_replay(arguments)
    if isinstance(options, Options):
        return _play(options)
    heed(_interrupt)
    if isinstance(options, RegenerateOptions):
        from .regenerate import regenerate

        outcome = regenerate(options)
        print(outcome.sentence() + (f", written to {options.out}" if options.out is not None else ""))
        return FAILED if outcome.failed else DONE
    if options.out is not None:
        from .replay_copy import copy_video

        print(f"{copy_video(options, options.out)} frames, written to {options.out}")
        return DONE
    with _window():
        from .replay_window import run_replay

        run_replay(options)
    return DONE


def _versus(arguments: argparse.Namespace) -> int:
    from .duel.options import check_duel

    options = check_duel(arguments)
    with _window():
        from .duel.run import run_duel

        run_duel(options)
    return DONE


def _watch(arguments: argparse.Namespace) -> int:
    from .watch.options import check_watch

    options = check_watch(arguments)
    with _window():
        from .watch.window import run_watch

        run_watch(options)
    return DONE


def _browse(arguments: argparse.Namespace) -> int:
    from .browse.options import check_browse

    options = check_browse(arguments)
    with _window():
        from .browse.run import run_browser

        run_browser(options)
    return DONE


@contextmanager
def _window() -> Iterator[None]:
    """Prepare for a window, which takes signals for the wish to leave; before it is open there is nothing to keep."""
    heed(_interrupt)
    os.environ.setdefault(*_HUSHED)
    with suppress(KeyboardInterrupt):
        yield


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Turn a signal into what Ctrl-C does; those after it do not break off what is being closed."""
    del number, frame
    heed(signal.SIG_IGN)
    raise KeyboardInterrupt


def _doctor(arguments: argparse.Namespace) -> int:
    os.environ.setdefault(*_HUSHED)
    from .doctor import run_doctor

    return run_doctor(arguments.world)


def _tune(arguments: argparse.Namespace) -> int:
    from .tune import check_tune, run_tune

    options = check_tune(arguments)
    heed(_interrupt)
    run_tune(options)
    return DONE


def _list_worlds() -> int:
    worlds = bundled_worlds()
    if not worlds:
        print("no worlds are bundled with this copy; play a folder with --world FOLDER")
    for name, folder in worlds.items():
        try:
            spec, scenes = read_spec(folder), read_scenes(folder)
            about = f"{spec.width}x{spec.height} at {spec.fps:g} fps, {len(scenes)} scenes"
            print(f"{name:<16} {about}: {spec.title}")
        except WorldError as error:
            print(f"{name:<16} damaged: {error}")
    return DONE


def _fail(error: BaseException, code: int) -> int:
    sentence = " ".join(str(error).split())
    if isinstance(error, KeyboardInterrupt):
        sentence = sentence or "stopped before the end"
    elif code == FAILED and not sentence:
        sentence = type(error).__name__
    print(f"error: {sentence}", file=sys.stderr)
    if os.environ.get("ARVD_TRACEBACK"):
        traceback.print_exception(error)
    return code


if __name__ == "__main__":
    command()
