"""A tiny random world: enough to play, too small to wait for."""

from pathlib import Path

import numpy as np
import torch

from model.autoencoder import Autoencoder, AutoencoderConfig
from model.positions import PositionConfig
from model.sampler import SamplerConfig
from model.transformer import Transformer, TransformerConfig
from model.world_spec import Licence
from training.export import SceneSource, WorldAbout, export_world

HEIGHT, WIDTH, SINK, WINDOW = 32, 48, 1, 3


def tiny_transformer(seed: int = 0, positions: PositionConfig = PositionConfig()) -> Transformer:  # noqa: B008 - frozen
    """A transformer of two layers for 32x48 pictures, every weight random (also those that start at zero)."""
    config = TransformerConfig(
        latent_channels=4,
        rows=HEIGHT // 8,
        columns=WIDTH // 8,
        width=32,
        depth=2,
        heads=2,
        ffn=64,
        positions=positions,
    )
    model = Transformer(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.2)
    return model


def tiny_autoencoder(seed: int = 0) -> Autoencoder:
    """A random autoencoder of one block at each size."""
    torch.manual_seed(seed)
    return Autoencoder(
        AutoencoderConfig(latent_channels=4, outer_width=8, inner_width=8, encoder_blocks=(1, 1), decoder_blocks=(1, 1))
    )


def make_tiny_world(folder: Path, seed: int = 0) -> Path:
    """Write a world of 32x48 pictures with the scenes `one` and `two` and return its folder."""
    autoencoder = tiny_autoencoder(seed)
    about = WorldAbout(
        name="tiny",
        title="Tiny",
        fps=16.0,
        actions=("forward", "back", "left", "right", "jump", "sneak", "sprint"),
        sink=SINK,
        window=WINDOW,
        sampler=SamplerConfig(),
        licence=Licence(name="CC0-1.0", attribution="none needed: random weights"),
        training="nothing",
    )
    rng = np.random.default_rng(0)
    scenes = [
        SceneSource(name=name, title=name.title(), picture=rng.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
        for name in ("one", "two")
    ]
    export_world(folder, about, tiny_transformer(), autoencoder, scenes)
    return folder


def make_looking_world(folder: Path) -> Path:
    """Write the same world, made to look at its pictures and remember those, and return its folder."""
    make_tiny_world(folder)
    stated = (folder / "world.toml").read_text()
    assert "remembers" not in stated, "older versions read no such key"
    (folder / "world.toml").write_text(f'remembers = "pictures"\n{stated}')
    return folder
