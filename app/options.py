"""The command line of `arvd-play`: read and checked whole before torch or a display is touched."""

import argparse
import contextlib
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from model.actions import Action, parse_actions
from model.errors import ActionError, ArvdError
from model.files import unfinished_name
from model.runtimes.names import ONNX_RUNTIMES, RUNTIMES
from model.world_spec import WorldSpec, find_world, read_scenes, read_spec

from .branch import Branch
from .duel.arguments import add_duel_options
from .option_values import cores, count, index, seed, size
from .record_options import add_record_options, default_folder
from .watch.arguments import add_watch_options

DEFAULT_WORLD = "minecraft"
DEFAULT_SIZE = (0, 0)
"""Of a window: as suits the desktop."""
VIDEO_SUFFIXES = (".mp4", ".gif", ".npz")
MAX_GIF_FRAMES = 2000  # a gif is put together in memory
_NAMED = ("world", "scene", "seed", "frames")
"""What a person names who knows already where to go."""


class UsageError(ArvdError):
    """A command line that cannot be carried out."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """A checked command line."""

    world: Path
    spec: WorldSpec
    scene: str | None = None
    seed: int = 0
    steps: int | None = None
    device: str = "auto"
    runtime: str = "auto"
    threads: int | None = None
    """As `model.machine.use_threads` counts; None for as many as pay."""
    window: int | None = None
    """Frames that the world remembers; None for all that it was made for."""
    headless: bool = False
    actions: tuple[Action, ...] = ()
    frames: int | None = None
    """Headless: how many to generate. Window: after how many to close, None for never."""
    out: Path | None = None
    report: Path | None = None
    size: tuple[int, int] = DEFAULT_SIZE
    uncapped: bool = False
    record: bool = False
    """Whether to record from the first frame on."""
    record_folder: Path = field(default_factory=default_folder)
    record_budget: int | None = None
    """Bytes that replays in that folder may take together; None for what the settings say."""
    gallery: bool = False
    """Whether worlds are chosen on the screen, first of all and after one that fails."""
    branch: Branch | None = None
    """Frame of a replay to play on from; None for the scene's beginning."""
    slot: str | None = None
    """Saved walk to go on with, chosen on the screen; None for the scene's beginning."""

    @property
    def pace(self) -> float | None:
        """Frames a second that are enough, None for as many as can be."""
        return None if self.headless or self.uncapped else self.spec.fps

    def in_world(self, folder: Path, scene: str | None) -> "Options":
        """Return the same for a world that was chosen on the screen; WorldError when it cannot be read."""
        spec = read_spec(folder)
        steps = self.steps if str(self.steps) in spec.sampler.steps else None
        return replace(self, world=folder, spec=spec, scene=scene, steps=steps, window=None, gallery=True, branch=None)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see arvd-play --help")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of `arvd-play`."""
    parser = _Parser(prog="arvd-play", description="Walk through a world that no game engine draws.")
    parser.add_argument("--world", metavar="NAME|FOLDER", help=f"what to play (default: ask, or {DEFAULT_WORLD})")
    parser.add_argument("--scene", metavar="NAME|FILE", help="where to start: a scene of the world, or a picture")
    parser.add_argument("--seed", type=seed, metavar="N", help="same seed, same actions, same frames")
    parser.add_argument("--steps", type=int, choices=(1, 2, 4), help="network evaluations per frame")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--runtime", choices=("auto", *RUNTIMES, *ONNX_RUNTIMES), default="auto")
    parser.add_argument("--threads", type=cores, metavar="N", help="cores to compute with (default: as many as pay)")
    parser.add_argument("--window", type=count, metavar="N", help="frames to remember (default: all it is made for)")
    parser.add_argument("--frames", type=count, metavar="N", help="stop after N generated frames")
    parser.add_argument("--report", type=Path, metavar="FILE.json", help="write speed and memory figures at the end")
    parser.add_argument("--list-worlds", action="store_true", help="print the worlds that are here and leave")
    parser.add_argument("--tune", action="store_true", help="find what computes worlds soonest here, and remember it")
    parser.add_argument("--doctor", action="store_true", help="say what will run how fast on this machine, and why")
    window = parser.add_argument_group("window")
    window.add_argument("--size", type=size, metavar="WxH", help="size of the window (default: as suits the desktop)")
    window.add_argument("--uncapped", action="store_true", help="generate as fast as this machine can")
    add_record_options(parser)
    replay = parser.add_argument_group("playing back")
    replay.add_argument("--replay", type=Path, metavar="FOLDER", help="show a replay; with --headless --out, copy it")
    replay.add_argument(
        "--regenerate",
        action="store_true",
        help="with --replay: make its frames again from its actions and compare; --steps 4 --out makes a finer video",
    )
    replay.add_argument(
        "--from", dest="from_frame", type=index, metavar="N", help="with --replay: play on from its frame N"
    )
    add_watch_options(parser)
    add_duel_options(parser)
    browse = parser.add_argument_group("footage")
    browse.add_argument("--browse", type=Path, metavar="FOLDER", help="look through footage: cut, tag, delete clips")
    headless = parser.add_argument_group("without a display")
    headless.add_argument("--headless", action="store_true", help="generate from an action script, show nothing")
    headless.add_argument("--actions", metavar="STRING|FILE", help='such as "w*40, w+right*20, idle*10"')
    headless.add_argument("--out", type=Path, metavar="FILE", help=f"video to write: {', '.join(VIDEO_SUFFIXES)}")
    return parser


def check(arguments: argparse.Namespace) -> Options:
    """Turn parsed arguments into options that can be carried out.

    Raises:
        ArvdError: naming the first thing that is wrong and how to mend it.
    """
    _check_mode(arguments)
    folder = find_world(arguments.world or DEFAULT_WORLD)
    spec = read_spec(folder)
    actions = read_actions(arguments.actions) if arguments.actions is not None else ()
    frames = arguments.frames or (len(actions) if arguments.headless else None)
    check_steps(arguments.steps, spec)
    check_window(arguments.window, spec)
    _check_scene(arguments.scene, folder)
    check_files(arguments.out, arguments.report, frames)
    return Options(
        world=folder,
        spec=spec,
        scene=arguments.scene,
        seed=arguments.seed or 0,
        steps=arguments.steps,
        device=arguments.device,
        runtime=arguments.runtime,
        threads=arguments.threads,
        window=arguments.window,
        headless=arguments.headless,
        actions=actions,
        frames=frames,
        out=arguments.out,
        report=arguments.report,
        size=arguments.size or DEFAULT_SIZE,
        uncapped=arguments.uncapped,
        record=arguments.record is not None,
        record_folder=arguments.record or default_folder(),
        record_budget=arguments.record_budget,
        gallery=not arguments.headless and all(getattr(arguments, name) is None for name in _NAMED),
    )


def check_from(arguments: argparse.Namespace) -> None:
    """Raise UsageError for a frame to play on from where there is no replay."""
    if arguments.from_frame is not None and arguments.replay is None:
        raise UsageError("--from needs a replay; name it with --replay FOLDER")


def read_actions(text: str) -> tuple[Action, ...]:
    """Read an action string, or a file that holds one (lines may break after a comma).

    What reads as an action string is one: a file called `w` is meant by `./w` only.

    Raises:
        ActionError: with the position of what cannot be read.
    """
    try:
        return tuple(parse_actions(text))
    except ActionError as error:
        file = Path(text)
        if not _is_file(file):
            hint = "; there is no file of that name either" if _looks_like_file(text) else ""
            raise ActionError(f"{error}{hint}") from None
    try:
        return tuple(parse_actions(file.read_text().rstrip()))
    except ActionError as error:
        raise ActionError(f"{file}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ActionError(
            f"action file {file} cannot be read ({error}); give a text file or an action string"
        ) from error


def _is_file(path: Path) -> bool:
    """Whether a file is there; a name that no file can have, as one that is too long, is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _looks_like_file(text: str) -> bool:
    return "/" in text or os.sep in text or Path(text).suffix == ".txt"


def _check_mode(arguments: argparse.Namespace) -> None:
    if arguments.regenerate:
        raise UsageError("--regenerate needs a replay; name it with --replay FOLDER")
    if arguments.headless:
        if arguments.actions is None and arguments.frames is None:
            raise UsageError('--headless needs --actions or --frames, for example --actions "w*40, right*20"')
        if arguments.size is not None:
            raise UsageError("--size is for the window; leave it out with --headless")
        return
    for name in ("actions", "out"):
        if getattr(arguments, name) is not None:
            raise UsageError(f"--{name} is for runs without a display; add --headless")


def check_steps(steps: int | None, spec: WorldSpec) -> None:
    """Raise UsageError for a number of steps that the world has no list for."""
    if steps is not None and str(steps) not in spec.sampler.steps:
        known = ", ".join(sorted(spec.sampler.steps, key=int))
        raise UsageError(f"world {spec.name} cannot draw a frame in {steps} steps; use --steps with one of {known}")


def check_window(window: int | None, spec: WorldSpec) -> None:
    """Raise UsageError for a longer memory than the world was trained for."""
    if window is not None and window > spec.window:
        raise UsageError(f"world {spec.name} remembers {spec.window} frames at most; use --window 1 to {spec.window}")


def _check_scene(scene: str | None, folder: Path) -> None:
    names = [known.name for known in read_scenes(folder)]
    if scene is None or scene in names:
        return
    if not _is_file(Path(scene)):
        raise UsageError(f"there is no scene {scene[-200:]!r}; use one of {', '.join(names)}, or a picture file")
    from model.pictures import check_picture

    check_picture(Path(scene))


def check_files(out: Path | None, report: Path | None, frames: int | None) -> None:
    """Raise UsageError for a file that cannot be written, or a video of a kind or length that is not made."""
    for option, path in (("--out", out), ("--report", report)):
        if path is None:
            continue
        try:
            _check_place(option, path)
        except (OSError, ValueError) as error:  # a name that is too long, a folder that may not be searched
            reason = getattr(error, "strerror", None) or error
            raise UsageError(f"{option}: {path} cannot be written ({reason}); choose another name") from error
    if out is None:
        return
    if out.suffix.lower() not in VIDEO_SUFFIXES:
        raise UsageError(f"--out: {out.name} is no video name; end it in one of {', '.join(VIDEO_SUFFIXES)}")
    if out.suffix.lower() == ".gif" and frames is not None and frames > MAX_GIF_FRAMES:
        raise UsageError(f"--out: {frames} frames are too many for a gif (at most {MAX_GIF_FRAMES}); write an .mp4")
    if report is not None and os.path.realpath(out) == os.path.realpath(report):
        raise UsageError("--out and --report name the same file; give two names")


def _check_place(option: str, path: Path) -> None:
    if not path.parent.is_dir():
        raise UsageError(f"{option}: folder {path.parent} does not exist; make it first")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{option}: folder {path.parent} cannot be written to; choose another")
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; give the name of a file")
    with contextlib.suppress(FileNotFoundError):
        unfinished_name(path).stat()  # raises for a name that is too long
