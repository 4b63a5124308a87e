"""Inverse dynamics: which keys were held and how the camera turned, read from the pictures alone.

The model judges worlds: what it reads from generated frames is held against the actions that were asked for. It sees
how the picture moved between neighbouring frames (`phase_correlation`) and looks back and forth over a few transitions,
since a walk betrays its keys over several frames better than in one.

Letters: b batch, t frames, h and w picture height and width, d features.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from model.actions import KEYS
from model.config import build, plain
from model.errors import RunError, WorldError
from model.files import write_atomically

from .phase_correlation import PhaseCorrelation, PhaseCorrelationConfig

_CAMERA_SCALE = 4.0  # degrees per unit of the camera head: the deviation of yaw in play


@dataclass(frozen=True, kw_only=True)
class InverseDynamicsConfig:
    """Size of the pictures and of the network."""

    size: tuple[int, int] = (48, 80)
    """Height and width of the pictures that it looks at; larger ones are averaged down."""
    keys: tuple[str, ...] = KEYS[:7]
    """Keys that it reads, out of those of an action."""
    correlation: PhaseCorrelationConfig = field(default_factory=PhaseCorrelationConfig)
    hidden: int = 128
    """Channels over time."""
    dilations: tuple[int, ...] = (1, 2, 1)
    """Of the convolutions over 5 transitions, one after the other: the default sees 8 before and 8 after."""
    features: int = 64
    """Numbers from which keys and camera are read linearly."""

    def __post_init__(self) -> None:
        """Refuse keys and widths that no network can be built for."""
        if unknown := [key for key in self.keys if key not in KEYS]:
            raise ValueError(f"unknown key {unknown[0]!r}; use some of {', '.join(KEYS)}")
        if not self.keys or len(set(self.keys)) < len(self.keys):
            raise ValueError("keys must name at least one key, each once")
        if min(*self.size, self.hidden, self.features, *self.dilations) < 1:
            raise ValueError("size, hidden, features and dilations must be at least 1")

    @property
    def reach(self) -> int:
        """Transitions before a transition, and after it, that its reading depends on."""
        return 2 * sum(self.dilations)


@dataclass(frozen=True)
class TrainedOn:
    """What a model was trained on, as its file says."""

    dataset: str
    """SHA-256 over names and contents of the clips."""
    clips: int
    frames: int
    steps: int
    fps: float = 16.0
    """Frames per second; that of all footage in the days of files that do not say."""


@dataclass(frozen=True)
class Reading:
    """What was read from t frames: one row per transition, t - 1 of them."""

    keys: Tensor
    """(b, t - 1, keys) logits; above 0 = held."""
    camera: Tensor
    """(b, t - 1, 2), pitch and yaw in degrees, + = down and right."""


class InverseDynamicsModel(nn.Module):
    """Reads actions from pictures; sees frames before and after a transition."""

    def __init__(self, config: InverseDynamicsConfig, trained_on: TrainedOn | None = None) -> None:
        """Build with random weights."""
        super().__init__()
        self.config, self.trained_on = config, trained_on
        hidden = config.hidden
        self.motion = PhaseCorrelation(config.size, config.correlation)
        self.transition = nn.Linear(self.motion.channels, hidden)
        self.mix = nn.Sequential(
            nn.LayerNorm(hidden), nn.Linear(hidden, 2 * hidden), nn.SiLU(), nn.Linear(2 * hidden, hidden)
        )
        self.time = nn.Sequential(*(_TimeBlock(hidden, dilation) for dilation in config.dilations))
        self.summary = nn.Linear(hidden, config.features)  # linear, so that the camera can be read off the shifts
        self.key_head = nn.Linear(config.features, len(config.keys))
        self.camera_head = nn.Linear(config.features, 2)

    def forward(self, frames: Tensor) -> Reading:
        """Frames (b, t, 3, h, w) in [-1, 1] -> reading of their t - 1 transitions."""
        return self.read(self.features(frames))

    def read(self, features: Tensor) -> Reading:
        """Read keys and camera from `features` (b, t - 1, d)."""
        return Reading(self.key_head(features), self.camera_head(features) * _CAMERA_SCALE)

    def features(self, frames: Tensor) -> Tensor:
        """Frames (b, t, 3, h, w) in [-1, 1] -> features (b, t - 1, d) from which the heads read.

        Raises:
            WorldError: when the pictures are not a whole multiple of the config's size.
        """
        return self.summarise(self.motion(shrink(frames, self.config.size)))

    def summarise(self, motion: Tensor) -> Tensor:
        """Features (b, t - 1, d) of what `motion` found."""
        found = self.transition(motion)
        features: Tensor = self.summary(self.time(found + self.mix(found)))
        return features


class _TimeBlock(nn.Module):
    """A convolution over neighbouring transitions, added to what came in: (b, t, c) -> same."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mix = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        mixed = self.mix(self.norm(x).transpose(1, 2)).transpose(1, 2)
        out: Tensor = x + self.out(F.silu(mixed))
        return out


def shrink(frames: Tensor, size: tuple[int, int]) -> Tensor:
    """Average pictures (..., 3, h, w) over squares to (..., 3, *size); raises WorldError as `shrink_factor` does."""
    factor = shrink_factor((frames.shape[-2], frames.shape[-1]), size)
    if factor == 1:
        return frames
    return F.avg_pool2d(frames.flatten(0, -4), factor).view(*frames.shape[:-2], *size)


def shrink_factor(frame: tuple[int, int], size: tuple[int, int]) -> int:
    """How many times a frame's height and width are those of `size`.

    Raises:
        WorldError: when that is not the same whole number.
    """
    (height, width), (rows, columns) = frame, size
    factor = height // rows
    if factor < 1 or (height, width) != (factor * rows, factor * columns):
        raise WorldError(
            f"pictures of {width}x{height} cannot be read by an inverse-dynamics model of {columns}x{rows}; "
            "give a world whose frame is a whole multiple of that, or train one with arvd-train idm at its size"
        )
    return factor


def save_inverse_dynamics(path: Path, model: InverseDynamicsModel) -> None:
    """Write weights, config and what the model was trained on as one safetensors file, whole or not at all."""
    assert model.trained_on is not None
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    parts = {"config": model.config, "trained_on": model.trained_on}
    metadata = {name: json.dumps(plain(part)) for name, part in parts.items()}
    write_atomically(path, save(tensors, metadata=metadata))


def load_inverse_dynamics(path: Path) -> InverseDynamicsModel:
    """Read what `save_inverse_dynamics` wrote, ready to read pictures.

    Raises:
        RunError: when the file is missing, damaged or holds something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        config, trained_on = (json.loads(metadata[name]) for name in ("config", "trained_on"))
        model = InverseDynamicsModel(
            build(InverseDynamicsConfig, config, "config"), build(TrainedOn, trained_on, "trained_on")
        )
        model.load_state_dict(tensors)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = f"lacks {error}" if isinstance(error, KeyError) else str(error).splitlines()[0]
        raise RunError(
            f"{path}: not a readable inverse-dynamics model ({reason}); make one with arvd-train idm"
        ) from None
    return model.eval()
