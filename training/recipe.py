"""A recipe: the configuration of all stages of a world."""

from dataclasses import dataclass, field

from model.sampler import SamplerConfig

from .stages.autoencoder import AutoencoderStageConfig
from .stages.autoregressive import AutoregressiveConfig
from .stages.consistency import ConsistencyConfig
from .stages.distill import DistillConfig
from .stages.forcing import CausalConfig
from .stages.sharpen import SharpenConfig
from .stages.teacher import TeacherConfig
from .stages.trajectories import TrajectoryConfig

InitConfig = ConsistencyConfig | TrajectoryConfig | DistillConfig
"""How a student of few steps begins: consistency, regression onto trajectories, or teacher-forced DMD."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All stages of a world, in order."""

    name: str
    size: tuple[int, int] | None = None
    """Height and width to which footage is cropped and shrunk; its own if None."""
    autoencoder: AutoencoderStageConfig
    sharpen: SharpenConfig | None = None
    """How the decoder learns to paint detail, on latents that stay as they are; not at all if None."""
    teacher: tuple[TeacherConfig, ...] = ()
    """Phases of the bidirectional teacher, with whose weights the AR stage begins."""
    ar: tuple[AutoregressiveConfig, ...]
    """Phases of the AR stage, each starting from the weights of the one before."""
    ar_sampler: SamplerConfig = field(default_factory=lambda: SamplerConfig(kind="euler", default_steps=16))
    """How the AR model is sampled."""
    init: InitConfig | None
    distill: DistillConfig | None = None
    sampler: SamplerConfig
    """How the student is sampled."""

    def __post_init__(self) -> None:
        """Refuse stages that nobody can lead, before those that come first are trained for hours."""
        for name, config in (("init", self.init), ("distill", self.distill)):
            led_by = None
            if isinstance(config, TrajectoryConfig):
                led_by = config.teacher
            elif isinstance(config, DistillConfig):
                led_by = config.scores
            if led_by == "bidirectional" and not self.teacher:
                raise ValueError(f"{name} is led by a bidirectional teacher: give the recipe phases of one")
        if self.sharpen is not None and any(config.context.remembers == "pictures" for config in self._on_latents):
            raise ValueError("a sharpened decoder shows other pictures than those learned from: leave sharpen out")

    @property
    def longest_sample(self) -> int:
        """Frames of the longest sample of footage that any stage takes."""
        frames = [config.context.frames for config in self._on_latents]
        if self.sharpen is not None and self.sharpen.walks:
            frames.append(self.sharpen.walk_context + self.sharpen.walk_frames)
        return max(frames)

    @property
    def _on_latents(self) -> list[CausalConfig]:
        """Configurations of all stages that learn from latents."""
        students = [config for config in (self.init, self.distill) if config is not None]
        return [*self.teacher, *self.ar, *students]
