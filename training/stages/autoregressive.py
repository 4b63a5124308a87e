"""Stage `ar`: diffusion of each frame given the frames before it and its action, all frames of a clip in parallel.

`teacher` forcing shows every frame the clean frames before it, as in play (reference section 2). `diffusion` forcing
shows it their noisy versions, at half the tokens per frame. Timesteps are drawn per frame.
"""

import copy
import os
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from model.schedule import T_MAX, add_noise, velocity
from model.transformer import Transformer, TransformerConfig

from ..data.latents import LatentCache, sample_clips
from ..loop import LoopConfig, step_generator
from ..preview import Preview
from .forcing import (
    ContextConfig,
    diffusion_forced,
    draw_noise,
    draw_timesteps,
    frame_weights,
    imperfect_context,
    teacher_forced,
    weighted_mse,
)


@dataclass(frozen=True, kw_only=True)
class AutoregressiveConfig:
    """AR diffusion training."""

    loop: LoopConfig
    model: TransformerConfig = field(default_factory=TransformerConfig)
    context: ContextConfig = field(default_factory=ContextConfig)
    forcing: Literal["teacher", "diffusion"] = "teacher"
    shift: float = 5.0
    clean_share: float = 0.5
    """Share of frames with a noise level below 0.3, as context for the others; `diffusion` only."""
    compiled: bool = True
    """Compile the layers (needs a C++ compiler on a CPU; a minute at the start, then nearly twice as fast)."""


class AutoregressiveStage:
    """Trains a transformer on clips of latents."""

    def __init__(
        self, cache: LatentCache, config: AutoregressiveConfig, device: torch.device, *,
        start: Mapping[str, Tensor] | None = None, preview: Preview | None = None,
    ) -> None:  # fmt: skip
        """Build the model, from the weights `start` if given."""
        self.config, self.device = config, device
        self._cache, self._preview = cache, preview
        torch.manual_seed(config.loop.seed)  # layers of nn.Module can draw their first weights from nowhere else
        self.model = Transformer(config.model).to(device)
        if start is not None:
            self.model.load_state_dict(start)
        self.ema = copy.deepcopy(self.model)
        if config.compiled:
            compile_layers(self.model)

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole configuration, and which latents it learns from."""
        return {"stage": "ar", "autoencoder": self._cache.autoencoder_hash} | asdict(self.config)

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean squared error of the velocity."""
        config = self.config
        generator = step_generator(config.loop.seed, step, self.device)
        clip = sample_clips(
            self._cache, config.context.frames, config.context.batch, generator, sink_gap=config.context.sink_gap
        ).to(self.device)
        x0 = clip.latents
        if config.forcing == "diffusion":
            t = draw_timesteps(x0.shape[:2], config.shift, generator)
            low = torch.rand((2, *t.shape), generator=generator, device=self.device)
            t = torch.where(low[0] < config.clean_share, 0.3 * T_MAX * low[1], t)
            noise = draw_noise(x0, generator)
            v = diffusion_forced(self.model, add_noise(x0, noise, t), t, clip, config.context)
            weights = torch.ones_like(t)
            weights[:, 0] = 0  # a frame with no context is not what play asks for
            return weighted_mse(v, velocity(x0, noise), weights), {}
        target = x0[:, 1:]
        t = draw_timesteps(target.shape[:2], config.shift, generator)
        noise = draw_noise(target, generator)
        context = imperfect_context(self.model, clip, config.context, generator)
        v = teacher_forced(self.model, context, add_noise(target, noise, t), t, clip, config.context)
        return weighted_mse(v, velocity(target, noise), frame_weights(clip)), {}

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Rollouts of the EMA weights from real context."""
        return {} if self._preview is None else self._preview.pictures(self.ema)


def compile_layers(model: Transformer) -> None:
    """Compile each layer: they share one graph, so this takes a layer's time and not the model's.

    On a CPU that takes a C++ compiler; where there is none, layers run as they are, which gives the same numbers up to
    rounding, more slowly.
    """
    on_cpu = model.patch_embedding.weight.device.type == "cpu"
    if on_cpu and not any(map(shutil.which, (os.environ.get("CXX", "g++"), "g++", "c++", "clang++"))):
        warnings.warn("no C++ compiler found: training runs uncompiled, at about half the speed", stacklevel=2)
        return
    for block in model.blocks:
        block.compile()
