"""The part of the command line of `arvd-play` that is about comparing two worlds."""

import argparse
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from model.world_spec import WorldSpec, find_world, read_scenes, read_spec

from ..options import DEFAULT_SIZE, DEFAULT_WORLD, UsageError, check_steps, check_window
from .rounds import Start
from .votes import default_log

_OTHERS = (
    "watch", "replay", "regenerate", "browse", "record", "record_budget", "report", "headless", "actions", "out",
)  # fmt: skip
_ALONE = ("blind", "votes")
_DRAW_BITS = 32


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two worlds, and how it is run."""

    world: Path
    spec: WorldSpec
    steps: int | None
    device: str
    runtime: str
    threads: int | None = None
    window: int | None = None
    """Frames that the world remembers; None for all that it was made for."""

    @property
    def pace(self) -> float:
        """Frames a second that are enough."""
        return self.spec.fps


@dataclass(frozen=True, kw_only=True)
class DuelOptions:
    """A checked command line."""

    sides: tuple[Side, Side]
    """Worlds A and B."""
    starts: tuple[Start, ...]
    draw: int
    """Seed from which the rounds are drawn."""
    blind: bool
    votes: Path
    frames: int | None
    """Pairs after which the window closes, None for never."""
    uncapped: bool
    size: tuple[int, int] = DEFAULT_SIZE

    @property
    def fps(self) -> float:
        """The lower rate of the two: frames of both come in pairs."""
        return min(side.spec.fps for side in self.sides)


def check_alone(arguments: argparse.Namespace) -> None:
    """Raise UsageError where an option is given that is for comparisons alone."""
    for name in _ALONE:
        if arguments.versus is None and vars(arguments)[name] not in (None, False):
            raise UsageError(f"--{name} is for comparing worlds; add --versus WORLD")


def check_duel(arguments: argparse.Namespace) -> DuelOptions:
    """Turn parsed arguments with `--versus` into options that can be carried out.

    Raises:
        ArvdError: naming the first thing that is wrong and how to mend it.
    """
    values = vars(arguments)
    for name in _OTHERS:
        if values[name] not in (None, False):
            raise UsageError(f"--{name.replace('_', '-')} does not go with --versus, which compares in a window")
    first, second = (_side(name, arguments) for name in (arguments.world or DEFAULT_WORLD, arguments.versus))
    return DuelOptions(
        sides=(first, second),
        starts=_starts((first, second), arguments.scene),
        draw=secrets.randbits(_DRAW_BITS) if arguments.seed is None else arguments.seed,
        blind=arguments.blind,
        votes=_log(arguments.votes or default_log(), chosen=arguments.votes is not None),
        frames=arguments.frames,
        uncapped=arguments.uncapped,
        size=arguments.size or DEFAULT_SIZE,
    )


def _side(name: str, arguments: argparse.Namespace) -> Side:
    folder = find_world(name)
    spec = read_spec(folder)
    check_steps(arguments.steps, spec)
    check_window(arguments.window, spec)
    return Side(
        world=folder,
        spec=spec,
        steps=arguments.steps,
        device=arguments.device,
        runtime=arguments.runtime,
        threads=arguments.threads,
        window=arguments.window,
    )


def _starts(sides: tuple[Side, Side], scene: str | None) -> tuple[Start, ...]:
    """What the rounds begin with: a scene or picture that was asked for, else the scenes of both worlds, each once."""
    known: dict[str, Start] = {}
    for side in sides:
        for found in read_scenes(side.world):
            digest = hashlib.sha256(found.picture.read_bytes()).hexdigest()
            known.setdefault(digest, Start(found.name, found.picture))
    if scene is None:
        return tuple(known.values())
    for start in known.values():
        if start.name == scene:
            return (start,)
    picture = Path(scene)
    try:
        if not picture.is_file():
            raise FileNotFoundError
    except (OSError, ValueError):
        names = ", ".join(dict.fromkeys(start.name for start in known.values()))
        raise UsageError(f"there is no scene {scene!r}; use one of {names}, or a picture file") from None
    from model.pictures import check_picture

    check_picture(picture)
    return (Start(picture.name, picture),)


def _log(path: Path, *, chosen: bool) -> Path:
    """Look whether votes can be written there, before hours are spent on them."""
    try:
        if path.is_dir():
            raise UsageError(f"--votes: {path} is a folder; give the name of a file")
        folder = path.parent
        while not chosen and not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            raise UsageError(f"--votes: folder {folder} does not exist; make it first")
        if not os.access(path if path.exists() else folder, os.W_OK):
            raise UsageError(f"--votes: {path} cannot be written to; choose another")
    except (OSError, ValueError) as error:  # a name that is too long, a folder that may not be searched
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--votes: {str(path)[:80]!r} cannot be written ({reason}); choose another name") from error
    return path
