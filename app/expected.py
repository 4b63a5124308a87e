"""How many frames a second the window will get of a world, measured as it will be played there.

That is in the runtime and with the memory that the settings ask for, with as many threads as the window leaves, and in
the runtime that is picked for the pace of the world. Nothing is compiled for it: what takes long is left to the play.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from model.actions import Action
from model.errors import ArvdError
from model.machine import computing_with, count_threads, most_threads
from model.world_spec import read_spec

from .engine import World, can_be_fitted, has_to_be_made, open_world
from .finding import Finding
from .options import Options
from .settings import PlaySettings
from .startup import as_set, beside_drawing, generator_options, open_as_set
from .surroundings import Sight, Surroundings

_MEASURE_SECONDS, _WARM_FRAMES, _MOST_FRAMES = 3.0, 5, 200
_FASTER = (
    "use --steps 1 or a shorter memory (Settings, Play), close other programs, or a machine that multiplies bf16 in "
    "hardware, or one with a GPU"
)


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """What a world came to."""

    world: World
    chosen: Options
    """How it was opened."""
    fps: float
    steps: int
    threads: int
    seconds: float
    """Until it stood at its scene."""
    said: tuple[str, ...]
    """Of settings that cannot be followed."""


def expect(folder: Path, around: Surroundings) -> Iterator[Finding]:
    """Find out what the window will get of a world, or a run without one where none opens; takes seconds."""
    try:
        spec = read_spec(folder)
    except ArvdError as error:
        yield Finding(folder.name, "problem", str(error))  # with what to do about it
        return
    options, settings = _as_played(Options(world=folder, spec=spec), around)
    if has_to_be_made(chosen := as_set(options, settings)):
        fact = f"{chosen.runtime} is asked for by the settings and not made yet: what follows is without it"
        yield Finding(spec.name, "note", fact, "the next play makes it, which takes a minute")
        settings = replace(settings, runtime="auto")
    try:
        measured = _measure(options, settings)
    except ArvdError as error:
        yield Finding(folder.name, "problem", str(error))
        return
    for sentence in measured.said:
        yield Finding(spec.name, "note", sentence, "choose otherwise (Settings, Play)")
    slow = measured.fps < spec.fps
    remedy = _remedy(measured, slow, fits=settings.fit and not options.headless)
    yield Finding(spec.name, "note" if slow else "fine", _words(measured), remedy)


def _as_played(options: Options, around: Surroundings) -> tuple[Options, PlaySettings]:
    """How the window will play a world; where there is none, how it runs without, where settings do not count."""
    if isinstance(around.window, Sight):
        return beside_drawing(options, around.window.on_processor), around.settings.play
    return replace(options, headless=True), PlaySettings()


def _measure(options: Options, settings: PlaySettings) -> _Measured:
    """Open a world as the window does and make frames; raises ArvdError for one that cannot be opened."""
    said: list[str] = []
    with _threads_of_its_own():
        started = time.perf_counter()
        world = open_as_set(options, settings, open_world, said.append)
        generator = generator_options(options, settings)
        session = world.start(steps=generator.walk.steps)
        seconds = time.perf_counter() - started
        for _ in range(_WARM_FRAMES):
            session.step(Action(forward=True))
        step = partial(session.step, Action(forward=True, yaw=1.0))
        fps = _frames_per_second(step)
        fewer = [steps for steps in world.allowed_steps if steps < session.steps] if generator.auto else []
        while fps < options.spec.fps and fewer:  # as play takes fewer by itself
            session.steps = fewer.pop()
            fps = _frames_per_second(step)
        return _Measured(
            world=world,
            chosen=options if said else as_set(options, settings),
            fps=fps,
            steps=session.steps,
            threads=world.machine.threads,
            seconds=seconds,
            said=tuple(said),
        )


def _threads_of_its_own() -> AbstractContextManager[None]:
    """Begin with all threads, as a thread that opens a world does, and leave none of its choices to the next one."""
    return nullcontext() if find_spec("torch") is None else computing_with(most_threads())


def _frames_per_second(step: Callable[[], object]) -> float:
    made, started, elapsed = 0, time.perf_counter(), 0.0
    while made < _MOST_FRAMES and elapsed < _MEASURE_SECONDS:
        step()
        made, elapsed = made + 1, time.perf_counter() - started
    return made / elapsed


def _words(measured: _Measured) -> str:
    world, chosen = measured.world, measured.chosen
    how = [world.runtime]
    if world.device == "cpu":
        how.append(f"{measured.threads} of {count_threads(None)} threads")
    how.append(f"{measured.steps} step{'s' * (measured.steps > 1)}")
    if chosen.window is not None:
        how.append(f"{world.context_frames} frames in mind")
    where = "without a window" if chosen.headless else "in the window"
    return (
        f"up to {measured.fps:.0f} frames/s {where} on {world.device} ({', '.join(how)}); it wants "
        f"{chosen.spec.fps:g}; ready in {measured.seconds:.1f} s"
    )


def _remedy(measured: _Measured, slow: bool, *, fits: bool) -> str:
    """What makes it faster; `fits` is whether play looks for that by itself."""
    chosen = measured.chosen
    if (chosen.runtime, chosen.window) == ("auto", None) and can_be_fitted(measured.world):
        beside = "; so does the first play, beside it" if fits else ""
        return f"arvd-play --tune finds something faster in a minute or two{beside}"
    if not slow:
        return ""
    return _FASTER if chosen.runtime == "auto" else f"leave the runtime to arvd (Settings, Play); {_FASTER}"
