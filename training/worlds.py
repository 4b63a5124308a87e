"""From a finished chain of stages to a world folder; what only a person can say of it stands in a TOML file."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from model.config import ConfigError, build
from model.errors import DataError, RunError
from model.footage.clip import Dataset
from model.transformer import Transformer
from model.world_spec import Licence

from .chain import Chain
from .export import SceneSource, WorldAbout, export_world


@dataclass(frozen=True, kw_only=True)
class SceneChoice:
    """A frame of the footage that becomes a scene."""

    name: str
    title: str
    clip: str
    frame: int


@dataclass(frozen=True, kw_only=True)
class About:
    """What is written about a world by hand."""

    name: str
    title: str
    training: str
    licence: Licence
    scene: tuple[SceneChoice, ...]


def export_chain(chain: Chain, dataset: Dataset, about: Path, out: Path) -> None:
    """Write the student of `chain` as a world; scenes are frames of `dataset` that `about` names.

    Raises:
        RunError: when `about` is not readable or a stage is not done.
        DataError: when a scene names a clip or frame that is not there.
    """
    try:
        text = build(About, tomllib.loads(about.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ConfigError) as error:
        raise RunError(
            f"{about}: not readable ({error}); see assets/worlds/minecraft/about.toml for an example"
        ) from None
    last = list(chain.stages)[-1]
    config = chain.stages[last][1]
    transformer = Transformer(config.model)
    transformer.load_state_dict(chain.student())
    world = WorldAbout(
        name=text.name,
        title=text.title,
        fps=dataset.fps,
        actions=chain.keys,
        sink=config.context.sink,
        window=config.context.window,
        sampler=chain.sampler(last),
        licence=text.licence,
        training=text.training,
        remembers=config.context.remembers,
    )
    export_world(out, world, transformer, chain.shown_autoencoder(), [_scene(dataset, choice) for choice in text.scene])


def _scene(dataset: Dataset, choice: SceneChoice) -> SceneSource:
    if choice.clip not in dataset.names:
        raise DataError(f"scene {choice.name!r} names the clip {choice.clip!r}, which the dataset does not hold")
    clip = dataset.read(dataset.names.index(choice.clip))
    if not 0 <= choice.frame < len(clip):
        raise DataError(f"scene {choice.name!r} names frame {choice.frame} of {choice.clip!r}, which has {len(clip)}")
    return SceneSource(name=choice.name, title=choice.title, picture=clip.frames[choice.frame])
