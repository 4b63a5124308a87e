"""One stage after the other: where each finds what the one before left, and what it leaves itself.

A root folder holds `autoencoder/`, `latents/`, `teacher-0/` ..., `ar-0/` ..., `init/`, `trajectories/` (where the
method needs them) and `distill/`. A stage that is done leaves `weights.safetensors` (the EMA weights), which says in
its metadata what it was made from: the stage's recipe, the dataset and the weights it began with. Only one that fits
is taken for done. A stage that was stopped resumes from its newest checkpoint. From the AR model on a stage that runs
leaves worlds in `live/`.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from model.autoencoder import Autoencoder
from model.errors import RunError
from model.footage.clip import Dataset
from model.sampler import SamplerConfig
from model.transformer import Transformer

from .data.latents import EncodingStopped, LatentCache, encode_dataset
from .data.trajectories import make_trajectories
from .distributed import first_alone, rank, wait_for_all
from .footage import in_order, known_footage
from .live import LiveWorlds
from .looking import AsShown, as_drawn
from .loop import LoopConfig, Stage, differences, train
from .precision import fast_dtype
from .preview import Preview
from .recipe import Recipe
from .rollout import Sampling, walked_latents
from .stage_weights import WEIGHTS, digest_of, read_origin, save_weights
from .stage_world import about_stage
from .stages.autoencoder import AutoencoderStage, measure_latents
from .stages.distill import DistillConfig
from .stages.forcing import CausalConfig, CausalStage, causal_recipe
from .stages.kinds import STAGE_OF
from .stages.sharpen import SharpenConfig, SharpenStage
from .stages.trajectories import TrajectoryConfig, walk
from .start import Start


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
    elsewhere: Mapping[str, Path] = field(default_factory=dict)
    """Folders of stages that do not lie in `root`, so that several ways to go on share what is before them."""
    start: Start | None = None
    """What the first stage on latents begins with, and maybe the autoencoder; from scratch if None."""

    def autoencoder(self) -> bool:
        """Train the autoencoder, or take over one of its shape that `start` brings; returns whether it is done."""
        config, start = self.recipe.autoencoder, self._brought
        if self._done("autoencoder"):
            return True
        if start is not None and start.config == config.model:
            return self._leave("autoencoder", start)
        stage = AutoencoderStage(self.dataset(), config, self.device, start)
        if not self._train(stage, config.loop, "autoencoder"):
            return False
        measure_latents(stage.ema, self.dataset(), self.device)
        return self._leave("autoencoder", stage.ema)

    @property
    def _brought(self) -> Autoencoder | None:
        return None if self.start is None else self.start.autoencoder

    def sharpen(self) -> bool:
        """Train the decoder on against a discriminator, if the recipe does; returns whether it is done."""
        config = self.recipe.sharpen
        if config is None or self._done("sharpen"):
            return True
        try:
            made = self._walks(config) if config.walks else None
        except EncodingStopped:
            return False
        stage = SharpenStage(self.dataset(), config, self.load_autoencoder()[0], self.device, made=made)
        return self._train(stage, config.loop, "sharpen") and self._leave("sharpen", stage.ema)

    def _walks(self, config: SharpenConfig) -> Tensor:
        """Latents that the student makes; may raise EncodingStopped."""
        last = list(self.stages)[-1]
        student = Transformer(self.stages[last][1].model).to(self.device)
        student.load_state_dict(self.student())
        shape = {"walks": config.walks, "context": config.walk_context, "frames": config.walk_frames}
        return walked_latents(student, self.latents(), self._sampling(last), **shape, seed=config.loop.seed)

    def _sampling(self, name: str) -> Sampling:
        sampler, context = self.sampler(name), self.stages[name][1].context
        look = AsShown(self.load_autoencoder()[0].to(self.device)) if context.remembers == "pictures" else as_drawn
        return Sampling(sampler, sampler.default_steps, context.sink, context.window, look)

    def latents(self) -> LatentCache:
        """Open the latent cache, bringing it up to date with the dataset first; may raise EncodingStopped."""
        model, digest = self.load_autoencoder()
        where, dtype = (self.folder("latents"), self.device), fast_dtype(self.device)
        with first_alone():
            return encode_dataset(self.dataset(), model.to(self.device), digest, *where, dtype=dtype, stop=self.stop)

    def teacher(self) -> bool:
        """Train the bidirectional teacher, phase by phase; returns whether it is done."""
        return all(self._on_latents(f"teacher-{phase}") for phase in range(len(self.recipe.teacher)))

    def ar(self) -> bool:
        """Train the AR model, phase by phase; returns whether it is done."""
        return all(self._on_latents(f"ar-{phase}") for phase in range(len(self.recipe.ar)))

    def init(self) -> bool:
        """Make a student of few steps out of the AR model, if the recipe does; returns whether it is done."""
        config = self.recipe.init
        if config is None or self._done("init"):
            return True
        return (not isinstance(config, TrajectoryConfig) or self._walk(config)) and self._on_latents("init")

    def distill(self) -> bool:
        """Match the student's distribution to the teacher's, if the recipe does; returns whether it is done."""
        return self.recipe.distill is None or self._on_latents("distill")

    def load_autoencoder(self, name: str = "autoencoder") -> tuple[Autoencoder, str]:
        """Trained autoencoder that a stage left and the SHA-256 of its weights."""
        model = Autoencoder(self.recipe.autoencoder.model)
        model.load_state_dict(self.weights(name))
        model = model.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload] # missing in stubs
        return model, self.digest(name)

    def shown_autoencoder(self) -> Autoencoder:
        """Return the autoencoder that worlds are shown by: with the sharpened decoder, once all before it is done."""
        sharpened = self.recipe.sharpen is not None and all(map(self._done, (*self.stages, "sharpen")))
        return self.load_autoencoder("sharpen" if sharpened else "autoencoder")[0]

    def student(self) -> dict[str, Tensor]:
        """Weights that the last stage left; every stage before it is checked on the way."""
        return self.weights(list(self.stages)[-1])

    def sampler(self, name: str) -> SamplerConfig:
        """How the weights of a stage are sampled: an AR model by Euler steps, a student by consistency."""
        return self.recipe.ar_sampler if name.startswith("ar-") else self.recipe.sampler

    def folder(self, name: str) -> Path:
        """Where a stage lies."""
        return self.elsewhere.get(name, self.root / name)

    def made_from(self, name: str) -> dict[str, Any]:
        """What the stage in folder `name` would be made from now, as plain JSON values."""
        if name == "autoencoder":
            taken = self._brought is not None and self._brought.config == self.recipe.autoencoder.model
            recipe = {"stage": "autoencoder"} | ({} if taken else asdict(self.recipe.autoencoder))
        elif name == "sharpen":
            assert self.recipe.sharpen is not None
            recipe = {"stage": "sharpen"} | asdict(self.recipe.sharpen)
        else:
            make, config = self.stages[name]
            recipe = causal_recipe(make.kind, config, self.digest("autoencoder"))
        return recipe | self._origin(name)

    @cached_property
    def stages(self) -> dict[str, tuple[type[CausalStage[Any]], CausalConfig]]:
        """Every stage that learns from latents and its configuration, by folder, in order."""
        recipe = self.recipe
        configs: dict[str, CausalConfig] = {f"teacher-{i}": config for i, config in enumerate(recipe.teacher)}
        configs |= {f"ar-{i}": config for i, config in enumerate(recipe.ar)}
        students: dict[str, CausalConfig | None] = {"init": recipe.init, "distill": recipe.distill}
        configs |= {name: config for name, config in students.items() if config is not None}
        return {name: (STAGE_OF[type(config)], config) for name, config in configs.items()}

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that its worlds know: those held in the footage, and those of the world that it goes on from."""
        return in_order([*self._footage["keys"], *(() if self.start is None else self.start.keys)])

    @cached_property
    def _footage(self) -> dict[str, Any]:
        return known_footage(self.dataset(), self.recipe.longest_sample)

    def _origin(self, name: str) -> dict[str, Any]:
        origin = dict(self._footage)
        if (before := self._before(name)) is not None:
            origin["start"] = self.digest(before)
        elif self.start is not None and (name != "autoencoder" or self._brought is not None):
            origin["start"] = self.start.digest
        if (teacher := self._teacher(name)) is not None:
            origin["teacher"] = self.digest(teacher)
        if name == "sharpen" and self.recipe.sharpen is not None and self.recipe.sharpen.walks:
            origin["student"] = self.digest(list(self.stages)[-1])
        return origin

    def _before(self, name: str) -> str | None:
        """Folder of the weights that a stage begins with; what plays already is not made out of a teacher."""
        names = list(self.stages) if name in self.stages else ["autoencoder", "sharpen"]
        apart = self.start is not None and self.start.plays and not name.startswith("teacher-")
        before = [other for other in names[: names.index(name)] if not (apart and other.startswith("teacher-"))]
        return before[-1] if before else None

    def _teacher(self, name: str) -> str | None:
        """Folder of the weights that a stage is judged or led by."""
        config = self.stages[name][1] if name in self.stages else None
        if isinstance(config, DistillConfig):
            causal = config.scores == "causal"
        elif isinstance(config, TrajectoryConfig):
            causal = config.teacher == "causal"
        else:
            return None
        return f"ar-{len(self.recipe.ar) - 1}" if causal else f"teacher-{len(self.recipe.teacher) - 1}"

    def _walk(self, config: TrajectoryConfig) -> bool:
        """Store the teacher's trajectories; returns whether all are there."""
        source = self._teacher("init")
        assert source is not None
        teacher = Transformer(config.model).to(self.device).requires_grad_(False)
        teacher.load_state_dict(self.weights(source))
        try:
            cache = self.latents()
        except EncodingStopped:
            return False
        plan = replace(config, loop=LoopConfig(steps=0, seed=config.loop.seed))  # training length changes no trajectory
        made_from = causal_recipe("trajectories", plan, self.digest("autoencoder")) | self._origin("init")
        with first_alone():
            return make_trajectories(
                self.folder("trajectories"), config.shards, made_from,
                lambda number: walk(teacher, cache, config, self.device, number), self.stop,
            )  # fmt: skip

    def _on_latents(self, name: str) -> bool:
        if self._done(name):
            return True
        make, config = self.stages[name]
        weights: dict[str, Any] = {}
        if (before := self._before(name)) is not None:
            weights["start"] = self.weights(before)
        elif self.start is not None:
            weights["start"] = self.start.weights(config.model, config.loop.seed)
        if isinstance(config, TrajectoryConfig):
            weights["stored"] = self.folder("trajectories")
        elif (teacher := self._teacher(name)) is not None:
            weights["teacher"] = self.weights(teacher)
        try:
            cache = self.latents()
        except EncodingStopped:
            return False
        causal = not name.startswith("teacher-")  # a bidirectional model cannot go frame by frame
        autoencoder = self.shown_autoencoder()
        sampling = self._sampling(name)
        preview = Preview(cache, autoencoder, sampling) if causal else None
        stage = make(cache, config, self.device, **weights, preview=preview, look=sampling.look)
        about = about_stage(self.recipe.name, name, self.dataset(), self.keys, config.context, self.sampler(name))
        live = LiveWorlds(self.folder(name), about, autoencoder, self.dataset)
        leave = (lambda step: live.leave(step, stage.ema)) if causal else None
        return self._train(stage, config.loop, name, leave) and self._leave(name, stage.ema)

    def _train(self, stage: Stage, loop: LoopConfig, name: str, saved: Callable[[int], None] | None = None) -> bool:
        return train(stage, loop, self.folder(name), self.stop, origin=self._origin(name), saved=saved) == loop.steps

    def _done(self, name: str) -> bool:
        """Whether the stage is done, and all before it fit too; RunError when it was made from something else."""
        path = self.folder(name) / WEIGHTS
        if not path.is_file():
            return False
        mend = f"give another --root, or delete {path.parent} to train this stage again"
        if changed := differences(read_origin(path, mend), self.made_from(name)):
            raise RunError(f"{path}: was made from something else ({'; '.join(changed)}); {mend}")
        return True

    def _leave(self, name: str, model: nn.Module) -> bool:
        made_from = self.made_from(name)
        if rank() == 0:
            save_weights(self.folder(name) / WEIGHTS, model, made_from)
        wait_for_all()
        return True

    def _require(self, name: str) -> Path:
        if not self._done(name):
            path = self.folder(name) / WEIGHTS
            raise RunError(f"{path}: missing; run the stage {name.split('-')[0]!r} to its end first")
        return self.folder(name) / WEIGHTS

    def weights(self, name: str) -> dict[str, Tensor]:
        """Weights that a finished stage left."""
        return load_file(self._require(name))

    def digest(self, name: str) -> str:
        """SHA-256 of the weights that a finished stage left."""
        return digest_of(self._require(name))
