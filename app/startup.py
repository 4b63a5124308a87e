"""From a command line and a person's settings to how frames are made."""

from collections.abc import Callable
from dataclasses import replace

from model.errors import ArvdError
from model.world_spec import WorldSpec

from .branching import lead_to
from .engine import World
from .generation import GeneratorOptions
from .options import Options
from .settings import PlaySettings
from .walker import WalkOptions

_SHARES = {"two thirds": 2 / 3, "a third": 1 / 3}


def steps_of(quality: str, world: World) -> int | None:
    """Evaluations per frame that a setting of quality means for a world; None for as many as the machine can."""
    return None if quality == "auto" else world.default_steps if quality == "world" else int(quality)


def window_of(share: str, spec: WorldSpec) -> int | None:
    """Frames that a setting of memory means for a world; None for all that it was made for."""
    return None if share == "all" else max(1, round(_SHARES[share] * spec.window))


def beside_drawing(options: Options, draws_on_processor: bool) -> Options:
    """Where the processor draws the window, leave it a core, unless the command line names a number of threads.

    A product that is split over all cores waits for the one that draws; one core less makes frames evenly.
    """
    return replace(options, threads=-1) if draws_on_processor and options.threads is None else options


def as_set(options: Options, settings: PlaySettings) -> Options:
    """Where the command line is silent about runtime and memory, the settings count; a replay goes on as it was."""
    if options.branch is not None:
        return options
    runtime = settings.runtime if options.runtime == "auto" else options.runtime
    return replace(options, runtime=runtime, window=options.window or window_of(settings.window, options.spec))


def open_as_set(
    options: Options, settings: PlaySettings, open_world: Callable[[Options], World], say: Callable[[str], None]
) -> World:
    """Open a world as the settings say; where that cannot be, that is said, and it is opened without them.

    Raises:
        ArvdError: where it cannot be opened at all.
    """
    chosen = as_set(options, settings)
    try:
        return open_world(chosen)
    except ArvdError as error:
        if chosen == options:
            raise
        say(f"{error}; the settings of runtime and memory are left out")
    return open_world(options)


def generator_options(options: Options, settings: PlaySettings) -> GeneratorOptions:
    """What the command line says counts; where it is silent, the settings do as far as the world allows."""
    chosen = int(settings.quality) if settings.quality in options.spec.sampler.steps else None
    return GeneratorOptions(
        fps=options.spec.fps,
        walk=WalkOptions(
            scene=options.scene,
            seed=options.seed,
            steps=options.steps or chosen,
            rewind_seconds=settings.rewind_seconds,
        ),
        lead=lead_to(options.branch) if options.branch is not None else None,
        auto=options.steps is None and settings.quality == "auto" and not options.uncapped,
        limit=options.frames,
        uncapped=options.uncapped,
    )
