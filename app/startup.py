"""From a command line and a person's settings to how frames are made."""

from .generation import GeneratorOptions
from .options import Options
from .settings import PlaySettings
from .walker import WalkOptions


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
        auto=options.steps is None and settings.quality == "auto" and not options.uncapped,
        limit=options.frames,
        uncapped=options.uncapped,
    )
