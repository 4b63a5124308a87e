"""Stage `idm`: learn to read the hands from real footage.

How pictures move is found once for every clip that is held, since nothing of that trains, for the clip and for its
mirror image: a player who mirrors left, right and yaw. What the model reads later is often softer, so there the
sharpness comes and goes, as in rollouts; brightness and contrast do not matter to it anyway.
"""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from model.actions import DEGREES_PER_UNIT, KEYS
from model.autoencoder import to_pixels
from model.footage.clip import Clip, Dataset, Frames

from ..data.windows import WindowStream, WindowStreamConfig
from ..data_wait import waiting
from ..inverse_dynamics import InverseDynamicsConfig, InverseDynamicsModel
from ..loop import LoopConfig, step_generator
from ..optimizers import OptimizerConfig

_MOMENT = 24  # frames over which the sharpness changes


def _loop() -> LoopConfig:
    return LoopConfig(
        steps=5000,
        ema_decay=0.998,
        log_every=50,
        save_every=500,
        picture_every=5000,
        optimizer=OptimizerConfig(lr=2e-3, weight_decay=0.05, warmup=100, decay=0.6),
    )


@dataclass(frozen=True, kw_only=True)
class InverseDynamicsStageConfig:
    """Training of an inverse-dynamics model: about ten minutes of one CPU core."""

    loop: LoopConfig = field(default_factory=_loop)
    model: InverseDynamicsConfig = field(default_factory=InverseDynamicsConfig)
    data: WindowStreamConfig = field(default_factory=WindowStreamConfig)
    camera_weight: float = 1.0
    """Of the camera's loss beside that of all keys."""
    balance: float = 0.5
    """An answer weighs 1 / its share ** balance: at 0 the commonest one wins, at 1 held and released count alike."""
    blurred: float = 0.5
    """Share of the moments, a second or two apart, at which the picture is blurred."""
    blur: float = 1.5
    """Deviation in pixels of the strongest blur."""


@dataclass(frozen=True)
class _Held:
    """What is held of a clip of t frames: as it is, and mirrored."""

    motion: Tensor
    """(2, t - 1, channels)."""
    actions: Tensor
    """(2, t - 1, 11)."""
    known: Tensor
    """(2, 11) of 0 and 1: what of the actions was recorded."""


class InverseDynamicsStage:
    """Trains an `InverseDynamicsModel` on windows of footage."""

    critic = None

    def __init__(
        self,
        dataset: Dataset,
        config: InverseDynamicsStageConfig,
        device: torch.device,
        *,
        key_shares: Mapping[str, float],
    ) -> None:
        """Build model and data stream for footage of the model's picture size.

        `key_shares` says in what share of the actions each key is held; every key that is read is held at times.
        """
        self.config, self.device = config, device
        torch.manual_seed(config.loop.seed)  # layers of nn.Module can draw their first weights from nowhere else
        self.model = InverseDynamicsModel(config.model).to(device)
        self.ema = copy.deepcopy(self.model)
        self._stream = WindowStream(dataset, config.data, config.loop.seed, self._hold)
        self._shares = {key: key_shares[key] for key in config.model.keys}
        self._columns = [KEYS.index(key) for key in config.model.keys]

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole configuration, and how often the footage holds each key."""
        return {"stage": "idm"} | asdict(self.config) | {"key_shares": self._shares}

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of the keys and smooth L1 of the camera's degrees."""
        generator = step_generator(self.config.loop.seed, step, self.device)
        length = self.config.data.frames - 1
        with waiting():
            windows = self._stream.windows(step)
        sides = torch.randint(2, (len(windows),), generator=generator, device=self.device).tolist()
        drawn = [(clip, side, slice(k, k + length)) for (clip, k), side in zip(windows, sides, strict=True)]
        motion = torch.stack([clip.motion[side, window] for clip, side, window in drawn])
        actions = torch.stack([clip.actions[side, window] for clip, side, window in drawn])
        known = torch.stack([clip.known[side] for clip, side, _ in drawn])[:, None]
        reading = self.model.read(self.model.summarise(motion))
        held, degrees = actions[..., self._columns], actions[..., -2:] * DEGREES_PER_UNIT
        # what nobody recorded teaches nothing, but the mean stays over all: no batch weighs its few labels more
        keys = F.binary_cross_entropy_with_logits(reading.keys, held, self._weights(held) * known[..., self._columns])
        camera = (F.smooth_l1_loss(reading.camera, degrees, beta=0.5, reduction="none") * known[..., -2:]).mean()
        pitch_error, yaw_error = (reading.camera - degrees).detach().abs().mean((0, 1))
        right = ((reading.keys > 0) == (held > 0.5)).float().mean()
        logs = {"keys": keys.detach(), "right": right, "pitch_error": pitch_error, "yaw_error": yaw_error}
        return keys + self.config.camera_weight * camera, logs

    def _weights(self, held: Tensor) -> Tensor:
        """Weight of every answer (b, t - 1, keys), 1 for a key that is held half of the time."""
        share = torch.tensor(list(self._shares.values()), device=self.device)
        return torch.where(held > 0.5, 0.5 / share, 0.5 / (1 - share)) ** self.config.balance

    def _hold(self, clip: Clip, rng: np.random.Generator) -> _Held:
        actions = torch.from_numpy(clip.actions[1:]).to(self.device)
        motion = [self._motion(frames, rng) for frames in (clip.frames, clip.frames[:, :, ::-1])]
        known = torch.from_numpy(clip.known.astype(np.float32)).to(self.device)
        both = torch.stack([known, mirrored(known).abs()])
        return _Held(torch.stack(motion), torch.stack([actions, mirrored(actions)]), both)

    @torch.no_grad()
    def _motion(self, frames: Frames, rng: np.random.Generator) -> Tensor:
        """Motion (t - 1, channels) in frames (t, h, w, 3) whose sharpness comes and goes."""
        count = len(frames) // _MOMENT + 2
        moments = rng.random(count) * (rng.random(count) < self.config.blurred)
        shares = np.interp(np.arange(len(frames)) / _MOMENT, np.arange(count), moments)
        found = []
        for first in range(0, len(frames) - 1, _MOMENT):
            part = slice(first, first + _MOMENT + 1)
            pixels = to_pixels(torch.from_numpy(np.ascontiguousarray(frames[part])).to(self.device))
            share = torch.from_numpy(shares[part]).to(pixels)[:, None, None, None]
            found.append(self.model.motion(torch.lerp(pixels, blurred(pixels, self.config.blur), share)[None])[0])
        return torch.cat(found)

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """None: what it reads are numbers."""
        return {}


def mirrored(actions: Tensor) -> Tensor:
    """Actions (..., 11) of a player who mirrors left and right."""
    order = list(range(actions.shape[-1]))
    left, right = KEYS.index("left"), KEYS.index("right")
    order[left], order[right] = right, left
    sign = torch.ones(actions.shape[-1], device=actions.device)
    sign[-1] = -1
    return actions[..., order] * sign


def blurred(pixels: Tensor, deviation: float) -> Tensor:
    """Gaussian mean of pictures (..., h, w), weights outside the border shared out among those inside."""
    down, across = (_blur_matrix(side, deviation).to(pixels) for side in pixels.shape[-2:])
    return down @ pixels @ across.T  # products are much faster on a CPU than convolutions of one channel


def _blur_matrix(side: int, deviation: float) -> Tensor:
    places = torch.arange(side)
    return (-((places[:, None] - places) ** 2) / (2 * deviation**2)).softmax(-1)
