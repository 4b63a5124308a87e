"""What the causal stages share: clips, noise, and one forward in which every frame sees what it would see in play."""

import copy
import functools
import os
import shlex
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from model.attention import Bidirectional
from model.clip_attention import Causal, TeacherForced
from model.positions import RotaryPositions
from model.schedule import T_MAX, add_noise, shifted, to_x0
from model.transformer import Block, Transformer, TransformerConfig

from ..activation import ExponentialGELU
from ..data.latents import ClipBatch, LatentCache, sample_clips
from ..data_wait import waiting
from ..distributed import agreed
from ..logs import warn
from ..looking import Look, as_drawn
from ..loop import Critic, LoopConfig
from ..precision import autocast
from ..preview import Preview


@dataclass(frozen=True, kw_only=True)
class ContextConfig:
    """What a frame may see, and how clips are drawn."""

    sink: int = 1
    window: int = 8
    frames: int = 10
    """Frames per clip; beyond sink + window + 1 each frame sees what the cache would still hold of them."""
    batch: int = 4
    """Clips per step."""
    sink_gap: int = 0
    """How many frames older than contiguous the sink may be; only clips of full length can teach that."""
    paused: float = 0.0
    """Share of clips in which the player stands still for a while, see `draw_moves`."""
    noise: float = 0.0
    """Largest noise level (of 1) on context frames, of which the model is not told."""
    recycled: int = 0
    """Most times that context is replaced by what the model makes of it, see `imperfect_context`."""
    remembers: Literal["latents", "pictures"] = "latents"
    """What of its own frames the world will remember (`WorldSpec.remembers`), and recycled context is made of."""

    def __post_init__(self) -> None:
        if not 0 <= self.paused <= 1:
            raise ValueError(f"paused must be a share from 0 to 1, not {self.paused}")
        if self.frames < 2 or self.window < 1 or self.sink < 0:
            raise ValueError(
                f"frames must be 2 or more, window 1 or more and sink 0 or more, not {self.frames}, {self.window} and "
                f"{self.sink}"
            )
        if self.sink_gap and self.frames < (full := self.sink + self.window + 1):
            raise ValueError(f"sink_gap is learned from clips of a full context: take {full} frames, not {self.frames}")


@dataclass(frozen=True, kw_only=True)
class CausalConfig:
    """What the configurations of the causal stages share."""

    loop: LoopConfig
    model: TransformerConfig = field(default_factory=TransformerConfig)
    context: ContextConfig = field(default_factory=ContextConfig)
    shift: float = 5.0
    action_dropout: float = 0.0
    """Share of frames whose action is kept from the model, so that it can be guided by actions."""
    checkpointed: bool = False
    """Keep no activations within layers but compute them again for the gradient: less memory, a third more time."""
    compiled: bool = True
    """Compile the layers: a minute at the start, then nearly twice as fast. On a CPU without a C++ compiler they run
    uncompiled, which gives the same run up to rounding."""


Config = TypeVar("Config", bound=CausalConfig)


class CausalStage(ABC, Generic[Config]):
    """A stage that trains a transformer on clips of latents; each kind adds its loss."""

    kind: ClassVar[str]

    critic: Critic | None = None

    def __init__(
        self, cache: LatentCache, config: Config, device: torch.device, *,
        start: Mapping[str, Tensor] | None = None, preview: Preview | None = None, look: Look = as_drawn,
    ) -> None:  # fmt: skip
        """Build the model and its EMA, from the weights `start` if given; `look` does what the context `remembers`."""
        self.config, self.device = config, device
        self._cache, self._preview, self._look = cache, preview, look
        torch.manual_seed(config.loop.seed)  # layers of nn.Module can draw their first weights from nowhere else
        self.model = Transformer(config.model).to(device)
        if start is not None:
            self.model.load_state_dict(start)
        self.ema = copy.deepcopy(self.model)
        if config.compiled:
            compile_layers(self.model)
        if config.checkpointed:
            checkpoint_layers(self.model)

    @abstractmethod
    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Loss of the batch of this step, and numbers to log."""

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole configuration, and which latents it learns from."""
        return causal_recipe(self.kind, self.config, self._cache.autoencoder_hash)

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """Rollouts of the EMA weights from real context."""
        return {} if self._preview is None else self._preview.pictures(self.ema)

    def _draw_clips(self, generator: torch.Generator) -> ClipBatch:
        context = self.config.context
        with waiting():
            clips = sample_clips(
                self._cache, context.frames, context.batch, generator, sink_gap=context.sink_gap, paused=context.paused
            )
            return clips.to(self.device)


def causal_recipe(kind: str, config: CausalConfig, autoencoder_hash: str) -> dict[str, Any]:
    """Return what `CausalStage.recipe` says, without a stage.

    In which precision the latents were encoded is left out: it is the machine's choice and not the recipe's.
    """
    said = asdict(config)
    if config.context.remembers == "latents":
        del said["context"]["remembers"]  # runs from before there was a choice do not say
    return {"stage": kind, "autoencoder": autoencoder_hash.partition("-")[0]} | said


def checkpoint_layers(model: Transformer) -> None:
    """Let each layer keep nothing but its input for the gradient; after compiling, which would keep what it likes."""
    for block in model.blocks:
        block.forward = functools.partial(checkpoint, block.forward, use_reentrant=False)


def compile_layers(model: Transformer) -> None:
    """Compile each layer and the head: layers share one graph, so this takes a layer's time and not the model's."""
    if next(model.parameters()).device.type == "cpu" and not _has_compiler():
        warn("no C++ compiler found, so layers run uncompiled at half the speed; install g++ or set CXX")
        return
    # a layer is one code object, compiled anew for every way to attend, with and without gradient: more than 8 in all
    torch._dynamo.config.recompile_limit = max(32, torch._dynamo.config.recompile_limit)
    for block in model.blocks:
        assert isinstance(block, Block)
        block.ffn[1] = ExponentialGELU()
        block.forward = torch.compile(block.forward)  # type: ignore[method-assign] # checkpoints stay outside
    model.head.compile()


def _has_compiler() -> bool:
    """Whether the compiler that torch would call is there."""
    command = shlex.split(os.environ.get("CXX", "")) or ["clang++" if sys.platform == "darwin" else "g++"]
    return shutil.which(command[0]) is not None


def draw_timesteps(shape: tuple[int, ...], shift: float, generator: torch.Generator) -> Tensor:
    """Timesteps in (0, 1000], uniform on the shifted grid."""
    u = 1 - torch.rand(shape, generator=generator, device=generator.device)
    return T_MAX * shifted(u, shift)


def draw_noise(like: Tensor, generator: torch.Generator) -> Tensor:
    """Unit noise of the shape of `like`."""
    return torch.randn(like.shape, generator=generator, device=like.device)


def draw_told(shape: tuple[int, ...], dropout: float, generator: torch.Generator) -> Tensor | None:
    """Which actions a model is told: 0 for a share `dropout` of them, else 1; None, and nothing drawn, without any."""
    if dropout == 0:
        return None
    return (torch.rand(shape, generator=generator, device=generator.device) >= dropout).float()


def teacher_forced(
    model: Transformer, context: Tensor, noisy: Tensor, t: Tensor, clip: ClipBatch, config: ContextConfig,
    told: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Velocity (b, f-1, c, h, w) of frames 1..f-1, each seeing the clean frames before it.

    `context` (b, f, c, h, w) holds the clean frames, `noisy` (b, f-1, c, h, w) frames 1..f-1 at timesteps `t` (b, f-1).
    `told` (b, f-1) says which of these are told their own action; the clean frames always are, as in play, where both
    branches of guidance share one history.
    """
    attend = TeacherForced(model.positions, clip.turned, config.sink, config.window)
    latents = torch.cat((context[:, :-1], noisy), dim=1)
    times = torch.cat((torch.zeros_like(t), t), dim=1)
    actions = torch.cat((clip.actions[:, :-1], clip.actions[:, 1:]), dim=1)
    if told is not None:
        told = torch.cat((torch.ones_like(told), told), dim=1)
    with autocast(latents.device):
        out: Tensor = model(latents, times, actions, attend, told)
    return out[:, t.shape[1] :]


@torch.no_grad()
def imperfect_context(
    model: Transformer, clip: ClipBatch, config: ContextConfig, generator: torch.Generator, look: Look = as_drawn
) -> Tensor:
    """Context (b, f, c, h, w) as play would have it: real frames up to some point, the model's own ones after it.

    In play a model continues its own frames, in teacher forcing real ones; the difference adds up to drift. So between
    zero and `config.recycled` times, drawn per step, the frames after a random cut are replaced by the model's one-step
    predictions from the context so far, as `look` remembers them: errors of that many frames, for one parallel forward
    each and no rollout.
    The target stays the real frame, so what is learned is to come back.
    """
    real = clip.latents
    context, b, f = real, *real.shape[:2]
    device = generator.device
    rounds = int(torch.randint(config.recycled + 1, (), generator=generator, device=device))
    for _ in range(agreed(rounds)):
        t = T_MAX * (1 - 0.3 * torch.rand((b, f - 1), generator=generator, device=device))  # where students step
        x_t = add_noise(real[:, 1:], draw_noise(real[:, 1:], generator), t)
        made = to_x0(x_t, teacher_forced(model, context, x_t, t, clip, config).float(), t)
        cut = torch.randint(1, f, (b, 1), generator=generator, device=device)
        if f > 2:  # what follows nothing but a sink from long before is a guess, and no play goes on from it
            cut = torch.where(clip.contiguous[:, None], cut, cut.clamp(min=2))
        replaced = torch.arange(1, f, device=device) >= cut
        context = real.clone()
        context[:, 1:][replaced] = look(made[replaced])
    if config.noise > 0:
        level = config.noise * torch.rand((b, f), generator=generator, device=device)
        context = add_noise(context, draw_noise(context, generator), T_MAX * level)
    return context


def diffusion_forced(
    model: Transformer, noisy: Tensor, t: Tensor, clip: ClipBatch, config: ContextConfig, told: Tensor | None = None
) -> Tensor:
    """Velocity (b, f, c, h, w) of all frames, each seeing the noisy frames before it (arXiv:2407.01392)."""
    attend = Causal(model.positions, clip.turned, config.sink, config.window)
    with autocast(noisy.device):
        out: Tensor = model(noisy, t, clip.actions, attend, told)
    return out


def bidirectional(
    model: nn.Module, given: Tensor, noisy: Tensor, t: Tensor, clip: ClipBatch, told: Tensor | None = None
) -> Tensor:
    """Velocity (b, f-1, c, h, w) of frames 1..f-1, all seeing all, the first frame `given` clean (b, 1, c, h, w).

    `noisy` (b, f-1, c, h, w) are frames 1..f-1 at one timestep per clip, `t` (b, f-1). `told` (b, 1) says whether the
    model is told the clip's actions.
    """
    positions: RotaryPositions = model.positions  # type: ignore[assignment] # a transformer's, or a discriminator's
    attend = Bidirectional(positions, torch.arange(clip.turned.shape[1]), clip.turned)
    latents = torch.cat((given, noisy), dim=1)
    times = torch.cat((torch.zeros_like(t[:, :1]), t), dim=1)
    told = None if told is None else told.expand(times.shape)
    with autocast(latents.device):
        out: Tensor = model(latents, times, clip.actions, attend, told)
    return out[:, 1:]


def frame_weights(clip: ClipBatch) -> Tensor:
    """(b, f-1) weights of frames 1..f-1: 0 for a frame whose only context is a sink from long before, else 1."""
    weights = torch.ones(clip.latents.shape[0], clip.latents.shape[1] - 1, device=clip.latents.device)
    weights[:, 0] = clip.contiguous.float()
    return weights


def weighted_mse(prediction: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Mean squared error over (b, f, c, h, w) with weights (b, f)."""
    per_frame = (prediction.float() - target).square().mean((2, 3, 4))
    return (per_frame * weights).sum() / weights.sum().clamp(min=1)
