"""What a run begins with, if not from scratch: published weights, or a world that plays already."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from model.autoencoder import Autoencoder, AutoencoderConfig
from model.errors import RunError, WorldError
from model.sampler import SamplerConfig
from model.transformer import TransformerConfig
from model.wan import start_from_wan
from model.wan_files import wan_files
from model.world import read_autoencoder, read_transformer
from model.world_spec import check_weights, find_world, read_spec, world_hash

from .stages.forcing import ContextConfig
from .widening import widen_transformer


class Start(Protocol):
    """A place to begin at."""

    @property
    def plays(self) -> bool:
        """Whether its weights go frame by frame: the AR model then begins with them, and not with the teacher's."""

    @property
    def digest(self) -> str:
        """SHA-256 that identifies it."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that it has learned, which it knows still after footage that never holds them."""

    @property
    def autoencoder(self) -> "Autoencoder | None":
        """Its autoencoder: taken over where it has the recipe's shape, else trained on; None if it brings none."""

    def weights(self, config: TransformerConfig, seed: int) -> dict[str, Tensor]:
        """State dict of a transformer of `config`; RunError when what is there does not fit it."""


class WanStart:
    """Published weights of the Wan family: a safetensors file, its index, or the folder that holds one of them."""

    plays = False
    keys = ()
    autoencoder = None

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the digests of the files."""
        sha = hashlib.sha256()
        for path in wan_files(self.path):
            with path.open("rb") as file:
                sha.update(hashlib.file_digest(file, "sha256").digest())
        return sha.hexdigest()

    def weights(self, config: TransformerConfig, seed: int) -> dict[str, Tensor]:
        """See `start_from_wan`; what Wan lacks is drawn from `seed`."""
        return start_from_wan(self.path, config, torch.Generator().manual_seed(seed))


class WorldStart:
    """A world, bundled or of a folder: its generator learns on, in the latents of its autoencoder."""

    plays = True

    def __init__(self, world: str, autoencoder: AutoencoderConfig) -> None:
        """Find and check the world; RunError when it is damaged or its autoencoder is not shaped as `autoencoder`.

        It may have fewer latent channels: then its autoencoder is what training begins with, and not taken over.
        """
        try:
            self._folder = find_world(world)
            self._spec = read_spec(self._folder)
            check_weights(self._folder, self._spec)
            self.autoencoder = read_autoencoder(self._folder, self._spec).eval()
        except WorldError as error:
            raise RunError(str(error)) from None
        self._fits(asdict(self.autoencoder.config), asdict(autoencoder), "autoencoder")
        self.keys = self._spec.actions
        self.digest = world_hash(self._folder)

    def plays_as(self, context: ContextConfig, sampler: SamplerConfig) -> None:
        """Refuse to have its generator handed on as one that plays otherwise than it has learned to (RunError)."""
        spec = self._spec
        learned = {
            "remembers": (spec.remembers, context.remembers),
            "sink": (spec.sink, context.sink),
            "window": (spec.window, context.window),
            "sampler": (spec.sampler.kind, sampler.kind),
        }
        if changed := [f"{key} {mine}, not {theirs}" for key, (mine, theirs) in learned.items() if mine != theirs]:
            raise RunError(
                f"{self._folder}: it has {'; '.join(changed)} as the recipe, which leaves its generator as it is; "
                "choose another world, or a recipe that trains it on"
            )

    def weights(self, config: TransformerConfig, seed: int) -> dict[str, Tensor]:
        """The generator's, in fp32, widened to the latent channels of `config`; nothing is drawn."""
        try:
            transformer = read_transformer(self._folder, self._spec)
        except WorldError as error:
            raise RunError(str(error)) from None
        self._fits(asdict(transformer.config), asdict(config), "transformer")
        return widen_transformer(transformer.state_dict(), config.latent_channels)

    def _fits(self, found: Mapping[str, Any], wanted: Mapping[str, Any], part: str) -> None:
        fits = {key: found[key] == value for key, value in wanted.items()}
        fits["latent_channels"] = found["latent_channels"] <= wanted["latent_channels"]
        if changed := [f"{key} {found[key]}, not {value}" for key, value in wanted.items() if not fits[key]]:
            raise RunError(
                f"{self._folder}: its {part} has {'; '.join(changed)} as the recipe wants; choose one of that shape"
            )
