"""Stage `idm`: learn to read the hands from real footage.

What it reads later is often softer and a little off in brightness, so half of the windows are blurred, by an amount
that changes from their first to their last frame as in a rollout that loses its sharpness, and all change their
brightness and contrast. A mirrored window is a player who mirrors left, right and yaw, which doubles the footage.
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

from ..data.clip import Dataset
from ..data.windows import WindowStream, WindowStreamConfig
from ..inverse_dynamics import InverseDynamicsConfig, InverseDynamicsModel, Reading
from ..loop import LoopConfig, step_generator
from ..optimizers import OptimizerConfig


def _loop() -> LoopConfig:
    return LoopConfig(
        steps=2000,
        ema_decay=0.995,
        log_every=50,
        save_every=200,
        picture_every=2000,
        optimizer=OptimizerConfig(lr=2e-3, weight_decay=0.02, warmup=100, decay=0.6),
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
    """Rare keys and rare releases weigh 1 / share ** balance: 0 = the commonest answer wins, 1 = both sides count alike."""
    blurred: float = 0.5
    """Share of the windows that are blurred."""
    blur: float = 1.5
    """Deviation in pixels of the strongest blur."""
    brightness: float = 0.15
    """Largest change of the mean; pixels run from -1 to 1."""
    contrast: float = 0.2
    """Largest change of the scale."""


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
        self._stream = WindowStream(dataset, config.data, config.loop.seed)
        self._shares = {key: key_shares[key] for key in config.model.keys}
        self._columns = [KEYS.index(key) for key in config.model.keys]

    @property
    def recipe(self) -> Mapping[str, Any]:
        """The whole configuration, and how often the footage holds each key."""
        return {"stage": "idm"} | asdict(self.config) | {"key_shares": self._shares}

    def loss(self, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """Cross-entropy of the keys and smooth L1 of the camera's degrees."""
        generator = step_generator(self.config.loop.seed, step, self.device)
        frames, actions = (torch.from_numpy(part).to(self.device) for part in self._stream.batch(step))
        pixels = to_pixels(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
        pixels, actions = mirrored(
            pixels, actions, torch.rand(len(frames), generator=generator, device=self.device) < 0.5
        )
        pixels = self._retouched(pixels, generator)
        reading: Reading = self.model(pixels)
        held, degrees = actions[..., self._columns], actions[..., -2:] * DEGREES_PER_UNIT
        keys = F.binary_cross_entropy_with_logits(reading.keys, held, self._weights(held))
        camera = F.smooth_l1_loss(reading.camera, degrees, beta=0.5)
        pitch_error, yaw_error = (reading.camera - degrees).detach().abs().mean((0, 1))
        right = ((reading.keys > 0) == (held > 0.5)).float().mean()
        logs = {"keys": keys.detach(), "right": right, "pitch_error": pitch_error, "yaw_error": yaw_error}
        return keys + self.config.camera_weight * camera, logs

    def _weights(self, held: Tensor) -> Tensor:
        """Weight of every answer (b, t - 1, keys), 1 for a key that is held half of the time."""
        share = torch.tensor(list(self._shares.values()), device=self.device)
        return torch.where(held > 0.5, 0.5 / share, 0.5 / (1 - share)) ** self.config.balance

    def _retouched(self, pixels: Tensor, generator: torch.Generator) -> Tensor:
        """Windows (b, t, 3, h, w) with other brightness, contrast and sharpness."""
        b, t = pixels.shape[:2]
        config = self.config
        draw = torch.rand((5, b, 1, 1, 1, 1), generator=generator, device=self.device)
        ramp = torch.linspace(0, 1, t, device=self.device)[:, None, None, None]
        amount = (draw[0] < config.blurred) * torch.lerp(draw[1], draw[2], ramp)
        pixels = torch.lerp(pixels, blurred(pixels, config.blur), amount)
        return pixels * (1 + config.contrast * (2 * draw[3] - 1)) + config.brightness * (2 * draw[4] - 1)

    def pictures(self) -> dict[str, npt.NDArray[np.uint8]]:
        """None: what it reads are numbers."""
        return {}


def mirrored(pixels: Tensor, actions: Tensor, which: Tensor) -> tuple[Tensor, Tensor]:
    """Mirror the windows (b, t, 3, h, w) of `which` (b,) left to right, and their actions (b, t - 1, 11)."""
    order = list(range(actions.shape[-1]))
    left, right = KEYS.index("left"), KEYS.index("right")
    order[left], order[right] = right, left
    sign = torch.ones(actions.shape[-1], device=actions.device)
    sign[-1] = -1
    return (
        torch.where(which[:, None, None, None, None], pixels.flip(-1), pixels),
        torch.where(which[:, None, None], actions[..., order] * sign, actions),
    )


def blurred(pixels: Tensor, deviation: float) -> Tensor:
    """Gaussian mean of pictures (..., h, w), weights outside the border shared out among those inside."""
    down, across = (_blur_matrix(side, deviation).to(pixels) for side in pixels.shape[-2:])
    return down @ pixels @ across.T  # products are much faster on a CPU than convolutions of one channel


def _blur_matrix(side: int, deviation: float) -> Tensor:
    places = torch.arange(side)
    return (-((places[:, None] - places) ** 2) / (2 * deviation**2)).softmax(-1)
