"""The command line with `--replay`: read and checked whole before torch or a display is touched."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from model.footage.replay import MAX_FRAMES, Replay, read_replay
from model.runtimes.names import runtime_of
from model.world_spec import WorldSpec, bundled_worlds, find_world, read_scenes, read_spec, world_hash

from .branch import Branch
from .options import DEFAULT_SIZE, Options, UsageError, check_files, check_steps
from .record_options import default_folder

_OF_STARTING = ("scene", "seed", "actions", "window")
_OF_PLAYING = ("record", "record_budget", "report", "uncapped")


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """A checked command line that shows or copies a replay's video."""

    replay: Replay
    frames: int
    """Most to show or write, though fewer may be there; the picture that the replay began with is not counted."""
    size: tuple[int, int]
    out: Path | None
    """Video to write instead of opening a window."""
    branch: Callable[[int], Options]
    """Options that play on from a frame; raises ArvdError where the replay's world is not here."""


@dataclass(frozen=True, kw_only=True)
class RegenerateOptions:
    """A checked command line that makes a replay's frames again."""

    replay: Replay
    frames: int
    """To generate."""
    world: Path
    spec: WorldSpec
    steps: int
    device: str
    runtime: str
    out: Path | None
    """Video to write."""
    threads: int | None = None
    """As `model.machine.use_threads` counts; None for as many as pay."""
    window: int | None = None
    """Frames that the world remembered; None for all that it was made for."""
    pace: None = None
    """As many frames a second as can be."""


def check_replay(arguments: argparse.Namespace) -> ReplayOptions | RegenerateOptions | Options:
    """Turn parsed arguments with `--replay` into options that can be carried out.

    Raises:
        ArvdError: naming the first thing that is wrong and how to mend it.
    """
    _check_mode(arguments)
    replay = read_replay(arguments.replay)
    generated = len(replay.lines) - 1
    if generated < 1:
        raise UsageError(f"--replay: {arguments.replay} holds no frames; record for longer than a moment")
    frames = min(generated, arguments.frames or generated)
    check_files(arguments.out, arguments.report, frames)
    branch = partial(_branch, arguments, replay)
    if arguments.from_frame is not None:
        return branch(arguments.from_frame)
    if not arguments.regenerate:
        if arguments.world is not None:
            _own_world(replay, arguments.world)  # one that is named is looked at before it is needed
        return ReplayOptions(
            replay=replay,
            frames=arguments.frames or MAX_FRAMES,  # also those that a damaged file should hold
            size=arguments.size or DEFAULT_SIZE,
            out=arguments.out,
            branch=branch,
        )
    folder, window = _world_of(replay, arguments.world)
    spec = read_spec(folder)
    check_steps(arguments.steps, spec)
    if replay.header.start.kind == "picture":
        replay.start_picture()  # loading a world takes long enough to say it before
    return RegenerateOptions(
        replay=replay,
        frames=frames,
        world=folder,
        spec=spec,
        steps=arguments.steps or replay.header.steps,
        device=arguments.device,
        runtime=runtime_of(replay.header.runtime) if arguments.runtime == "auto" else arguments.runtime,
        threads=arguments.threads or replay.header.machine.threads,
        window=window,
        out=arguments.out,
    )


def _check_mode(arguments: argparse.Namespace) -> None:
    given = {name for name, value in vars(arguments).items() if value is not None and value is not False}
    plays = "from_frame" in given
    for name in sorted(given & {*_OF_STARTING}):
        raise UsageError(f"--{name} is for playing; leave it out with --replay")
    for name in sorted(given & {*_OF_PLAYING} if not plays else ()):
        raise UsageError(f"--{name.replace('_', '-')} is for playing; leave it out with --replay, or add --from N")
    for name in sorted(given & {"regenerate", "headless", "out"} if plays else ()):
        raise UsageError(f"--{name} does not go with --from, which plays on in a window")
    if arguments.steps is not None and not arguments.regenerate:
        raise UsageError("--steps is for frames that are made again; add --regenerate")
    if arguments.world is not None and arguments.headless and not arguments.regenerate:
        raise UsageError("--world is for frames that are made again; add --regenerate")
    without_window = arguments.headless or arguments.regenerate
    if without_window and arguments.size is not None:
        raise UsageError("--size is for the window; leave it out with --headless and --regenerate")
    if arguments.out is not None and not without_window:
        raise UsageError("--out is for runs without a display; add --headless, or --regenerate")
    if arguments.headless and not arguments.regenerate and arguments.out is None:
        raise UsageError("--headless --replay has nothing to do; add --out FILE, or --regenerate")


def _branch(arguments: argparse.Namespace, replay: Replay, frame: int) -> Options:
    """Return options that play on from a frame of the replay, made as it was: same world, seed, steps and threads."""
    header, generated = replay.header, len(replay.lines) - 1
    if frame > generated:
        raise UsageError(f"--from: the replay ends with frame {generated}, there is no {frame}; give 0 to {generated}")
    folder, spec, window, scene = _own_world(replay, arguments.world)
    if header.start.kind == "picture":
        picture = replay.start_picture()
        scene = scene or str(picture)
    plays = arguments.from_frame is not None
    return Options(
        world=folder,
        spec=spec,
        scene=scene,
        seed=header.seed,
        steps=header.steps,
        device=arguments.device,
        runtime=runtime_of(replay.header.runtime) if arguments.runtime == "auto" else arguments.runtime,
        threads=arguments.threads or header.machine.threads,
        window=window,
        frames=arguments.frames if plays else None,  # else they are those that are shown
        report=arguments.report,
        size=arguments.size or DEFAULT_SIZE,
        uncapped=arguments.uncapped,
        record=arguments.record is not None,
        record_folder=arguments.record or default_folder(),
        record_budget=arguments.record_budget,
        branch=Branch(replay, frame),
    )


def _own_world(replay: Replay, asked: str | None) -> tuple[Path, WorldSpec, int | None, str | None]:
    """Return the replay's world, how many frames it remembered, and which of its scenes the replay began in, if any.

    Its start picture is not looked for: watching does without it.
    """
    folder, window = _world_of(replay, asked)
    spec = read_spec(folder)
    check_steps(replay.header.steps, spec)
    scene = next((scene.name for scene in read_scenes(folder) if scene.name == replay.header.start.scene), None)
    return folder, spec, window, scene


def _world_of(replay: Replay, asked: str | None) -> tuple[Path, int | None]:
    """Return the folder of the world that the replay is of, and how many frames it remembered, None for all.

    The replay's own word counts only among bundled worlds.
    """
    name = replay.header.world
    if asked is None and name not in bundled_worlds():
        raise UsageError(f"the replay is of the world {name!r}, which is not bundled; give its folder with --world")
    folder = find_world(asked or name)
    for window in (None, *range(1, read_spec(folder).window)):
        if world_hash(folder, window) == replay.header.world_hash:
            return folder, window
    raise UsageError(
        f"the replay was made by another {name!r} (hash {replay.header.world_hash[:16]}..., that of {folder} is "
        f"{world_hash(folder)[:16]}...); give the folder of that world with --world"
    )
