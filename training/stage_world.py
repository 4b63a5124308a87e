"""What is written about the world of a stage that nobody has described by hand, and the pictures it begins with."""

from model.footage.clip import Dataset
from model.sampler import SamplerConfig
from model.world_spec import Licence

from .export import SceneSource, WorldAbout
from .stages.forcing import ContextConfig

_SCENES = 4


def about_stage(
    recipe: str, stage: str, dataset: Dataset, keys: tuple[str, ...], context: ContextConfig, sampler: SamplerConfig
) -> WorldAbout:
    """Describe the world of a `stage` of the recipe called `recipe`, trained on `dataset`, that has learned `keys`."""
    return WorldAbout(
        name=f"{recipe}-{stage}",
        title=f"{recipe}, stage {stage}",
        fps=dataset.fps,
        actions=keys,
        sink=context.sink,
        window=context.window,
        sampler=sampler,
        licence=Licence(name="unstated", attribution="that of the footage it was trained on"),
        remembers=context.remembers,
        training=f"recipe {recipe}, stage {stage}, {len(dataset.names)} clips",
    )


def footage_scenes(dataset: Dataset) -> list[SceneSource]:
    """Pictures from the middle of a few clips, which are decoded no further than that."""
    chosen = range(0, len(dataset.names), max(1, len(dataset.names) // _SCENES))[:_SCENES]
    return [_middle(dataset, index, number) for number, index in enumerate(chosen, start=1)]


def _middle(dataset: Dataset, index: int, number: int) -> SceneSource:
    wanted, passed = dataset.frame_counts[index] // 2, 0
    for chunk in dataset.chunks(index):
        if wanted < passed + len(chunk):
            return SceneSource(name=f"scene-{number}", title=f"Scene {number}", picture=chunk[wanted - passed].copy())
        passed += len(chunk)
    raise AssertionError("a dataset gives as many frames as it says, or raises")
