"""Which stage a configuration is for."""

from typing import Any

from .autoregressive import AutoregressiveConfig, AutoregressiveStage
from .consistency import ConsistencyConfig, ConsistencyStage
from .distill import DistillConfig, DistillStage
from .forcing import CausalConfig, CausalStage
from .teacher import TeacherConfig, TeacherStage
from .trajectories import TrajectoryConfig, TrajectoryStage

STAGE_OF: dict[type[CausalConfig], type[CausalStage[Any]]] = {
    TeacherConfig: TeacherStage,
    AutoregressiveConfig: AutoregressiveStage,
    ConsistencyConfig: ConsistencyStage,
    TrajectoryConfig: TrajectoryStage,
    DistillConfig: DistillStage,
}
"""The stage of each configuration that learns from latents."""
