"""From a command line and a person's settings to how frames are made."""

from .branching import lead_to
from .engine import World
from .generation import GeneratorOptions
from .options import Options
from .settings import PlaySettings
from .walker import WalkOptions


def steps_of(quality: str, world: World) -> int | None:
    """Evaluations per frame that a setting of quality means for a world; None for as many as the machine can."""
    return None if quality == "auto" else world.default_steps if quality == "world" else int(quality)


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
