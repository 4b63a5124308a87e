"""Recipes: everything that makes a world, as Python functions that return a configuration."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from model.autoencoder import AutoencoderConfig
from model.sampler import SamplerConfig
from model.transformer import TransformerConfig

from .loop import LoopConfig
from .optimizers import OptimizerConfig
from .stages.autoencoder import AutoencoderStageConfig
from .stages.autoregressive import AutoregressiveConfig
from .stages.consistency import ConsistencyConfig
from .stages.distill import DistillConfig
from .stages.forcing import ContextConfig
from .stages.teacher import TeacherConfig
from .stages.trajectories import TrajectoryConfig

InitConfig = ConsistencyConfig | TrajectoryConfig | DistillConfig
"""How a student of few steps begins: consistency, regression onto trajectories, or teacher-forced DMD."""

FOUR_STEPS = (1000.0, 937.5, 2500 / 3, 625.0)
"""The four-step list of the first frame (reference section 1)."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All stages of a world, in order."""

    name: str
    size: tuple[int, int] | None = None
    """Height and width to which footage is scaled down; its own if None."""
    autoencoder: AutoencoderStageConfig
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


def tiny() -> Recipe:
    """160x96, 7 M parameters: hours on two CPU cores.

    The AR stage begins with clips of 3 frames, on which moving the previous picture by the camera's turn is learned at
    twice the speed, and goes on with clips as long as the context in play.
    """
    autoencoder = AutoencoderStageConfig(
        loop=LoopConfig(
            steps=5000,
            log_every=50,
            save_every=500,
            picture_every=1000,
            optimizer=OptimizerConfig(lr=6e-4, weight_decay=0.0, warmup=200, decay=0.6),
        ),
        model=AutoencoderConfig(),
    )
    model = TransformerConfig()
    muon = OptimizerConfig(kind="muon", lr=1.5e-3, warmup=100, decay=0.0)
    short = AutoregressiveConfig(
        loop=LoopConfig(steps=1500, log_every=50, save_every=250, picture_every=500, optimizer=muon),
        model=model,
        context=ContextConfig(frames=3, batch=16),
    )
    context = ContextConfig(frames=10, batch=4, sink_gap=400, noise=0.1, recycled=2)
    full = AutoregressiveConfig(
        loop=LoopConfig(
            steps=2000,
            seed=1,
            log_every=50,
            save_every=100,
            picture_every=500,
            optimizer=OptimizerConfig(kind="muon", lr=1.2e-3, warmup=50, decay=0.5),
        ),
        model=model,
        context=context,
    )
    init = ConsistencyConfig(
        loop=LoopConfig(
            steps=600,
            seed=2,
            ema_decay=0.98,
            log_every=20,
            save_every=100,
            picture_every=200,
            optimizer=OptimizerConfig(kind="muon", lr=3e-4, warmup=20, decay=0.5),
        ),
        model=model,
        context=context,
        grid=24,
    )
    return Recipe(name="tiny", autoencoder=autoencoder, ar=(short, full), init=init, sampler=SamplerConfig())


def micro() -> Recipe:
    """80x48, 1.4 M parameters: minutes on two CPU cores; the size at which methods are compared."""
    base = tiny()
    autoencoder = replace(
        base.autoencoder,
        loop=replace(base.autoencoder.loop, steps=6000),
        model=AutoencoderConfig(outer_width=64, inner_width=128),
    )
    model = TransformerConfig(rows=6, columns=10, width=128, depth=6, heads=4, ffn=512)
    loop = LoopConfig(steps=3000, log_every=50, save_every=250, picture_every=1000)
    clips = ContextConfig(frames=9, batch=16)
    teacher = TeacherConfig(
        loop=replace(loop, steps=1500, optimizer=OptimizerConfig(kind="muon", lr=2e-3, decay=0.3)),
        model=model,
        context=clips,
        action_dropout=0.1,
    )
    ar = AutoregressiveConfig(
        loop=replace(loop, seed=1, steps=1500, optimizer=OptimizerConfig(kind="muon", lr=1.5e-3, decay=0.5)),
        model=model,
        context=replace(clips, batch=8, noise=0.1, recycled=1),
        action_dropout=0.1,
    )
    assert isinstance(base.init, ConsistencyConfig)
    quick = LoopConfig(steps=400, log_every=20, save_every=100, picture_every=400, ema_decay=0.98)
    init = replace(
        base.init,
        loop=replace(quick, seed=2, optimizer=OptimizerConfig(kind="muon", lr=4e-4, warmup=20, decay=0.5)),
        model=model,
        context=replace(clips, batch=8),
        grid=48,
        compiled=False,
    )
    distill = DistillConfig(
        loop=replace(quick, seed=3, steps=100, log_every=5, save_every=25, picture_every=100,
                     optimizer=OptimizerConfig(lr=1e-4, betas=(0.0, 0.999), warmup=10, decay=0.3)),
        model=model,
        context=replace(clips, batch=8),
        first=FOUR_STEPS,
        score_frames=clips.frames,
        critic=OptimizerConfig(lr=1e-4, betas=(0.0, 0.999), warmup=10, decay=0.0),
        compiled=False,
    )  # fmt: skip
    return replace(
        base, name="micro", size=(48, 80), autoencoder=autoencoder, teacher=(teacher,), ar=(ar,), init=init,
        distill=distill, sampler=SamplerConfig(first=FOUR_STEPS),
    )  # fmt: skip


RECIPES: dict[str, Callable[[], Recipe]] = {"tiny": tiny, "micro": micro}
"""Recipes by name."""
