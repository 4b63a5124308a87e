"""One stage after the other: where each finds what the one before left, and what it leaves itself.

A root folder holds `autoencoder/`, `latents/`, `teacher-0/` ..., `ar-0/`, `ar-1/` ... and `init/`. A stage that is done leaves
`weights.safetensors` (the EMA weights), which says in its metadata what it was made from: the stage's recipe, the
dataset and the weights it began with. Only one that fits is taken for done. A stage that was stopped resumes from its
newest checkpoint.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save
from torch import Tensor, nn

from model.autoencoder import Autoencoder, to_pixels
from model.errors import RunError
from model.runtime import has_fast_bfloat16

from .checkpoint import write_atomically
from .data.clip import Dataset
from .data.latents import EncodingStopped, LatentCache, encode_dataset
from .loop import LoopConfig, Stage, differences, train
from .preview import Preview
from .recipes import Recipe
from .rollout import Sampling
from .stages.autoencoder import AutoencoderStage
from .stages.autoregressive import AutoregressiveStage
from .stages.consistency import ConsistencyStage
from .stages.forcing import CausalConfig, CausalStage, causal_recipe
from .stages.teacher import TeacherStage

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Chain:
    """A recipe at work on a dataset, in a root folder.

    Every method raises RunError when a stage that it builds on is missing, or is done with another recipe, dataset or
    start than it would be run with now.
    """

    recipe: Recipe
    dataset: Callable[[], Dataset]
    """Opens the dataset, or gives the open one; called often."""
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
        return self._leave("autoencoder", stage)

    def latents(self) -> LatentCache:
        """Open the latent cache, bringing it up to date with the dataset first; may raise EncodingStopped."""
        model, digest = self.load_autoencoder()
        dtype = torch.bfloat16 if has_fast_bfloat16(self.device) else torch.float32
        folder = self.root / "latents"
        return encode_dataset(
            self.dataset(), model.to(self.device), digest, folder, self.device, dtype=dtype, stop=self.stop
        )

    def teacher(self) -> bool:
        """Train the bidirectional teacher, phase by phase; returns whether it is done."""
        return all(
            self._on_latents(f"teacher-{phase}", TeacherStage, config)
            for phase, config in enumerate(self.recipe.teacher)
        )

    def ar(self) -> bool:
        """Train the AR model, phase by phase; returns whether it is done."""
        return all(
            self._on_latents(f"ar-{phase}", AutoregressiveStage, config) for phase, config in enumerate(self.recipe.ar)
        )

    def init(self) -> bool:
        """Distil the AR model into a student; returns whether it is done."""
        return self._on_latents("init", ConsistencyStage, self.recipe.init)

    def load_autoencoder(self) -> tuple[Autoencoder, str]:
        """Trained autoencoder and the SHA-256 of its weights."""
        model = Autoencoder(self.recipe.autoencoder.model)
        model.load_state_dict(self._weights("autoencoder"))
        model = model.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload] # missing in stubs
        return model, self._digest("autoencoder")

    def student(self) -> dict[str, Tensor]:
        """Weights of the distilled student; every stage before it is checked on the way."""
        return self._weights("init")

    def made_from(self, name: str) -> dict[str, Any]:
        """What the stage in folder `name` would be made from now, as plain JSON values."""
        if name == "autoencoder":
            recipe = {"stage": "autoencoder"} | asdict(self.recipe.autoencoder)
        else:
            kind, config = self._on_latents_stages[name]
            recipe = causal_recipe(kind, config, self._digest("autoencoder"))
        return recipe | self._origin(name)

    @cached_property
    def _on_latents_stages(self) -> dict[str, tuple[str, CausalConfig]]:
        """Kind and configuration of every stage that learns from latents, by folder, in order."""
        phases: dict[str, tuple[str, CausalConfig]] = {}
        phases |= {f"teacher-{i}": (TeacherStage.kind, config) for i, config in enumerate(self.recipe.teacher)}
        phases |= {f"ar-{i}": (AutoregressiveStage.kind, config) for i, config in enumerate(self.recipe.ar)}
        return phases | {"init": (ConsistencyStage.kind, self.recipe.init)}

    @cached_property
    def _dataset_digest(self) -> str:
        """SHA-256 over names and contents of all clips."""
        dataset, sha = self.dataset(), hashlib.sha256()
        for i, name in enumerate(dataset.names):
            sha.update(json.dumps([name, dataset.digest(i)]).encode())
        return sha.hexdigest()

    def _origin(self, name: str) -> dict[str, str]:
        before = self._before(name)
        return {"dataset": self._dataset_digest} | ({} if before is None else {"start": self._digest(before)})

    def _before(self, name: str) -> str | None:
        """Folder of the weights that a stage begins with."""
        if name == "autoencoder":
            return None
        names = list(self._on_latents_stages)
        place = names.index(name)
        return names[place - 1] if place else None

    def _on_latents(
        self,
        name: str,
        make: Callable[..., CausalStage[Any]],
        config: CausalConfig,
    ) -> bool:
        if self._done(name):
            return True
        before = self._before(name)
        start = None if before is None else self._weights(before)
        try:
            cache = self.latents()
        except EncodingStopped:
            return False
        steps = self.recipe.sampler.default_steps
        sampling = Sampling(self.recipe.sampler, steps, config.context.sink, config.context.window)
        preview = Preview(cache, self.load_autoencoder()[0], sampling)
        stage = make(cache, config, self.device, start=start, preview=preview)
        return self._train(stage, config.loop, name) and self._leave(name, stage)

    def _train(self, stage: Stage, loop: LoopConfig, name: str) -> bool:
        return train(stage, loop, self.root / name, self.stop, origin=self._origin(name)) == loop.steps

    def _done(self, name: str) -> bool:
        """Whether the stage is done, and all before it fit too; RunError when it was made from something else."""
        path = self.root / name / WEIGHTS
        if not path.is_file():
            return False
        mend = f"give another --root, or delete {path.parent} to train this stage again"
        try:
            with safe_open(path, framework="pt") as file:
                found = json.loads((file.metadata() or {})["recipe"])
        except KeyError:
            raise RunError(f"{path}: does not say what it was made from; {mend}") from None
        except (OSError, ValueError, SafetensorError) as error:
            raise RunError(f"{path}: damaged ({error}); {mend}") from None
        if changed := differences(found, self.made_from(name)):
            raise RunError(f"{path}: was made from something else ({'; '.join(changed)}); {mend}")
        return True

    def _leave(self, name: str, stage: Stage) -> bool:
        tensors = {key: tensor.detach().cpu().contiguous() for key, tensor in stage.ema.state_dict().items()}
        made_from = {**stage.recipe, **self._origin(name)}
        write_atomically(self.root / name / WEIGHTS, save(tensors, metadata={"recipe": json.dumps(made_from)}))
        return True

    def _require(self, name: str) -> Path:
        if not self._done(name):
            path = self.root / name / WEIGHTS
            raise RunError(f"{path}: missing; run the stage {name.split('-')[0]!r} to its end first")
        return self.root / name / WEIGHTS

    def _weights(self, name: str) -> dict[str, Tensor]:
        return load_file(self._require(name))

    def _digest(self, name: str) -> str:
        return hashlib.sha256(self._require(name).read_bytes()).hexdigest()


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
