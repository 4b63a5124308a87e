"""One stage after the other: where each finds what the one before left, and what it leaves itself.

A root folder holds `autoencoder/`, `latents/`, `ar-0/`, `ar-1/` ... and `init/`. A stage that is done leaves
`weights.safetensors` (the EMA weights); one that was stopped resumes from its newest checkpoint.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor, nn

from model.autoencoder import Autoencoder, to_pixels
from model.errors import RunError
from model.runtime import has_fast_bfloat16

from .checkpoint import write_atomically
from .data.clip import Dataset
from .data.latents import LatentCache, encode_dataset
from .loop import LoopConfig, Stage, train
from .preview import Preview
from .recipes import Recipe
from .rollout import Sampling
from .stages.autoencoder import AutoencoderStage
from .stages.autoregressive import AutoregressiveStage
from .stages.consistency import ConsistencyStage

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Chain:
    """A recipe at work on a dataset, in a root folder."""

    recipe: Recipe
    dataset: Callable[[], Dataset]
    """Opens the dataset; a stage that needs only latents never calls it."""
    root: Path
    device: torch.device
    stop: Callable[[], bool]

    def autoencoder(self) -> bool:
        """Train the autoencoder; returns whether it is done."""
        config = self.recipe.autoencoder
        if self._done("autoencoder"):
            return True
        dataset = self.dataset()
        stage = AutoencoderStage(dataset, config, self.device)
        if not self._train(stage, config.loop, "autoencoder"):
            return False
        measure_latents(stage.ema, dataset, self.device)
        return self._leave("autoencoder", stage.ema)

    def latents(self) -> LatentCache:
        """Open the latent cache, bringing it up to date with the dataset first."""
        model, digest = self.load_autoencoder()
        dtype = torch.bfloat16 if has_fast_bfloat16(self.device) else torch.float32
        return encode_dataset(
            self.dataset(), model.to(self.device), digest, self.root / "latents", self.device, dtype=dtype
        )

    def ar(self) -> bool:
        """Train the AR model, phase by phase; returns whether it is done."""
        start: dict[str, Tensor] | None = None
        for phase, config in enumerate(self.recipe.ar):
            name = f"ar-{phase}"
            if not self._done(name):
                cache = self.latents()
                preview = self._preview(cache, config.context.sink, config.context.window)
                stage = AutoregressiveStage(cache, config, self.device, start=start, preview=preview)
                if not self._train(stage, config.loop, name):
                    return False
                self._leave(name, stage.ema)
            start = self._weights(name)
        return True

    def init(self) -> bool:
        """Distil the AR model into a student; returns whether it is done."""
        if self._done("init"):
            return True
        config, cache = self.recipe.init, self.latents()
        stage = ConsistencyStage(
            cache,
            config,
            self.device,
            start=self._weights(f"ar-{len(self.recipe.ar) - 1}"),
            preview=self._preview(cache, config.context.sink, config.context.window),
        )
        return self._train(stage, config.loop, "init") and self._leave("init", stage.ema)

    def load_autoencoder(self) -> tuple[Autoencoder, str]:
        """Trained autoencoder and the SHA-256 of its weights."""
        model = Autoencoder(self.recipe.autoencoder.model)
        model.load_state_dict(self._weights("autoencoder"))
        digest = hashlib.sha256((self.root / "autoencoder" / WEIGHTS).read_bytes()).hexdigest()
        return model.to(memory_format=torch.channels_last).eval(), digest  # type: ignore[call-overload] # missing in stubs

    def student(self) -> dict[str, Tensor]:
        """Weights of the distilled student."""
        return self._weights("init")

    def _preview(self, cache: LatentCache, sink: int, window: int) -> Preview:
        sampling = Sampling(self.recipe.sampler, self.recipe.sampler.default_steps, sink, window)
        return Preview(cache, self.load_autoencoder()[0], sampling)

    def _train(self, stage: Stage, loop: LoopConfig, name: str) -> bool:
        return train(stage, loop, self.root / name, self.stop) == loop.steps

    def _done(self, name: str) -> bool:
        return (self.root / name / WEIGHTS).is_file()

    def _leave(self, name: str, model: nn.Module) -> bool:
        tensors = {key: tensor.detach().cpu().contiguous() for key, tensor in model.state_dict().items()}
        write_atomically(self.root / name / WEIGHTS, save(tensors))
        return True

    def _weights(self, name: str) -> dict[str, Tensor]:
        path = self.root / name / WEIGHTS
        if not path.is_file():
            raise RunError(f"{path}: missing; run the stage {name.split('-')[0]!r} to its end first")
        return load_file(path)


@torch.no_grad()
def measure_latents(model: nn.Module, dataset: Dataset, device: torch.device, clips: int = 16) -> None:
    """Set the autoencoder's `latent_mean` and `latent_std` from every eighth frame of up to `clips` clips."""
    assert isinstance(model, Autoencoder)
    chosen = range(0, len(dataset.names), max(1, len(dataset.names) // clips))
    raw = torch.cat(
        [model.encoder(to_pixels(torch.from_numpy(dataset.read(i).frames[::8].copy()).to(device))) for i in chosen]
    )
    model.latent_mean.copy_(raw.mean((0, 2, 3)))
    model.latent_std.copy_(raw.std((0, 2, 3)))
