"""The command line with `--replay`: read and checked whole before torch or a display is touched."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from model.footage.replay import Replay, read_replay
from model.world_spec import WorldSpec, bundled_worlds, find_world, read_spec, world_hash

from .options import DEFAULT_SIZE, UsageError, check_files, check_steps

_OF_PLAYING = ("scene", "seed", "actions", "report", "record", "record_budget", "uncapped")
_OF_GENERATING = ("world", "steps")


@dataclass(frozen=True, kw_only=True)
class ReplayOptions:
    """A checked command line that shows or copies a replay's video."""

    replay: Replay
    frames: int
    """Most to show or write; the picture that the replay began with is not counted."""
    size: tuple[int, int]
    out: Path | None
    """Video to write instead of opening a window."""


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


def check_replay(arguments: argparse.Namespace) -> ReplayOptions | RegenerateOptions:
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
    check_files(arguments.out, None, frames)
    if not arguments.regenerate:
        return ReplayOptions(replay=replay, frames=frames, size=arguments.size or DEFAULT_SIZE, out=arguments.out)
    folder = _world_of(replay, arguments.world)
    spec = read_spec(folder)
    check_steps(arguments.steps, spec)
    return RegenerateOptions(
        replay=replay,
        frames=frames,
        world=folder,
        spec=spec,
        steps=arguments.steps or replay.header.steps,
        device=arguments.device,
        runtime=arguments.runtime,
        out=arguments.out,
    )


def _check_mode(arguments: argparse.Namespace) -> None:
    given = {name for name, value in vars(arguments).items() if value is not None and value is not False}
    for name in sorted(given & {*_OF_PLAYING}):
        raise UsageError(f"--{name.replace('_', '-')} is for playing; leave it out with --replay")
    for name in sorted(given & {*_OF_GENERATING} - ({*_OF_GENERATING} if arguments.regenerate else set())):
        raise UsageError(f"--{name} is for frames that are made again; add --regenerate")
    without_window = arguments.headless or arguments.regenerate
    if without_window and arguments.size is not None:
        raise UsageError("--size is for the window; leave it out with --headless and --regenerate")
    if arguments.out is not None and not without_window:
        raise UsageError("--out is for runs without a display; add --headless, or --regenerate")
    if arguments.headless and not arguments.regenerate and arguments.out is None:
        raise UsageError("--headless --replay has nothing to do; add --out FILE, or --regenerate")


def _world_of(replay: Replay, asked: str | None) -> Path:
    """Return the folder of the world that the replay is of; its own word counts only among bundled worlds."""
    name = replay.header.world
    if asked is None and name not in bundled_worlds():
        raise UsageError(f"the replay is of the world {name!r}, which is not bundled; give its folder with --world")
    folder = find_world(asked or name)
    if world_hash(folder) != replay.header.world_hash:
        raise UsageError(
            f"the replay was made by another {name!r} (hash {replay.header.world_hash[:16]}..., that of {folder} is "
            f"{world_hash(folder)[:16]}...); give the folder of that world with --world"
        )
    return folder
