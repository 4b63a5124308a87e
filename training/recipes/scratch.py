"""Recipes from nothing: everything that makes a world, as Python functions that return a configuration."""

from dataclasses import replace

from model.autoencoder import AutoencoderConfig
from model.sampler import SamplerConfig
from model.transformer import TransformerConfig
from model.wan import WAN_1_3B

from ..data.frames import FrameStreamConfig
from ..loop import LoopConfig
from ..optimizers import OptimizerConfig
from ..recipe import Recipe
from ..stages.autoencoder import AutoencoderStageConfig
from ..stages.autoregressive import AutoregressiveConfig
from ..stages.consistency import ConsistencyConfig
from ..stages.distill import DistillConfig
from ..stages.forcing import ContextConfig
from ..stages.teacher import TeacherConfig

FOUR_STEPS = (1000.0, 937.5, 2500 / 3, 625.0)
"""The four-step list of the first frame (reference section 1)."""


def tiny() -> Recipe:
    """160x96, 7 M parameters: hours on two CPU cores.

    The teacher begins with clips of 3 frames, on which moving the previous picture by the camera's turn is learned at
    twice the speed, and goes on with clips as long as the context in play.
    """
    model, context = TransformerConfig(), ContextConfig(frames=10, batch=4)
    loop = LoopConfig(steps=1500, log_every=50, save_every=250, picture_every=500)
    short = TeacherConfig(
        loop=replace(loop, optimizer=OptimizerConfig(kind="muon", lr=1.5e-3, warmup=100, decay=0.0)),
        model=model,
        context=replace(context, frames=3, batch=16),
        action_dropout=0.1,
    )
    full = replace(short, loop=replace(short.loop, seed=1), context=replace(context, batch=8))
    ar = AutoregressiveConfig(
        loop=replace(
            loop, steps=2000, seed=2, save_every=100,
            optimizer=OptimizerConfig(kind="muon", lr=1.2e-3, warmup=50, decay=0.5),
        ),
        model=model,
        context=replace(context, sink_gap=400, noise=0.1, recycled=2),
        action_dropout=0.1,
    )  # fmt: skip
    init = ConsistencyConfig(
        loop=LoopConfig(
            steps=600, seed=3, ema_decay=0.98, log_every=20, save_every=100, picture_every=200,
            optimizer=OptimizerConfig(kind="muon", lr=3e-4, warmup=20, decay=0.5),
        ),
        model=model,
        context=ar.context,
        grid=24,
    )  # fmt: skip
    return Recipe(
        name="tiny",
        size=(96, 160),
        autoencoder=AutoencoderStageConfig(
            loop=LoopConfig(
                steps=5000, log_every=50, save_every=500, picture_every=1000,
                optimizer=OptimizerConfig(lr=6e-4, weight_decay=0.0, warmup=200, decay=0.6),
            ),
            model=AutoencoderConfig(),
        ),
        teacher=(short, full),
        ar=(ar,),
        init=init,
        # not compiled: its many kinds of forward would take minutes to compile, and it runs for minutes only
        distill=replace(distillation(model, context, steps=200, lr=6e-5, seed=4), compiled=False),
        sampler=SamplerConfig(first=FOUR_STEPS),
    )  # fmt: skip


def micro() -> Recipe:
    """80x48, 1.4 M parameters: minutes on two CPU cores; the size at which methods are compared."""
    base = tiny()
    model = TransformerConfig(rows=6, columns=10, width=128, depth=6, heads=4, ffn=512)
    loop = LoopConfig(steps=1500, log_every=50, save_every=250, picture_every=1000)
    clips = ContextConfig(frames=9, batch=16)
    return replace(
        base,
        name="micro",
        size=(48, 80),
        autoencoder=replace(
            base.autoencoder,
            loop=replace(base.autoencoder.loop, steps=6000),
            model=AutoencoderConfig(outer_width=64, inner_width=128),
        ),
        teacher=(
            TeacherConfig(
                loop=replace(loop, optimizer=OptimizerConfig(kind="muon", lr=2e-3, decay=0.3)),
                model=model,
                context=clips,
                action_dropout=0.1,
            ),
        ),
        ar=(
            AutoregressiveConfig(
                loop=replace(loop, seed=1, optimizer=OptimizerConfig(kind="muon", lr=1.5e-3, decay=0.5)),
                model=model,
                context=replace(clips, batch=8, noise=0.1, recycled=1),
                action_dropout=0.1,
            ),
        ),
        init=ConsistencyConfig(
            loop=LoopConfig(
                steps=400, seed=2, ema_decay=0.98, log_every=20, save_every=100, picture_every=400,
                optimizer=OptimizerConfig(kind="muon", lr=4e-4, warmup=20, decay=0.5),
            ),
            model=model,
            context=replace(clips, batch=8),
            grid=48,
            compiled=False,
        ),
        distill=replace(
            distillation(model, replace(clips, batch=8), steps=60, lr=1e-4, seed=3), compiled=False
        ),
    )  # fmt: skip


def base() -> Recipe:
    """320x192, 51 M parameters: one GPU, about an hour for all stages."""
    model = TransformerConfig(latent_channels=16, rows=24, columns=40, width=576, depth=12, heads=8, ffn=2304)
    context = ContextConfig(frames=13, window=11, batch=16)
    loop = LoopConfig(steps=6000, log_every=50, save_every=250, picture_every=1000)
    muon = OptimizerConfig(kind="muon", lr=8e-4, warmup=200, decay=0.4)
    teacher = TeacherConfig(loop=replace(loop, optimizer=muon), model=model, context=context, action_dropout=0.1)
    ar = AutoregressiveConfig(
        loop=replace(loop, seed=1, optimizer=muon),
        model=model,
        context=replace(context, sink_gap=400, noise=0.1, recycled=2),
        action_dropout=0.1,
    )
    init = ConsistencyConfig(
        loop=replace(
            loop, steps=1500, seed=2, ema_decay=0.99,
            optimizer=OptimizerConfig(kind="muon", lr=2e-4, warmup=50, decay=0.5),
        ),
        model=model,
        context=ar.context,
    )  # fmt: skip
    return Recipe(
        name="base",
        size=(192, 320),
        autoencoder=AutoencoderStageConfig(
            loop=LoopConfig(
                steps=20_000, log_every=100, save_every=1000, picture_every=4000,
                optimizer=OptimizerConfig(lr=4e-4, weight_decay=0.0, warmup=500, decay=0.6),
            ),
            model=AutoencoderConfig(latent_channels=16, outer_width=192, inner_width=384),
            data=FrameStreamConfig(batch=32),
        ),
        teacher=(teacher,),
        ar=(ar,),
        init=init,
        distill=distillation(model, context, steps=400, lr=2e-5, seed=3),
        sampler=SamplerConfig(first=FOUR_STEPS),
    )  # fmt: skip


def wan() -> Recipe:
    """480x832 in the shape of Wan2.1-1.3B, whose published weights it can begin with: many GPUs (`torchrun`).

    Optimisation as in the published pipelines (reference section 7): AdamW at 2e-6 without momentum, no decay.
    """
    model = replace(WAN_1_3B, rows=60, columns=104)
    context = ContextConfig(frames=21, window=19, batch=1)
    published = OptimizerConfig(lr=2e-6, betas=(0.0, 0.999), clip=10.0, warmup=0, decay=0.0)
    loop = LoopConfig(steps=10_000, log_every=20, save_every=250, picture_every=1000, optimizer=published)
    teacher = TeacherConfig(loop=loop, model=model, context=context, action_dropout=0.1, checkpointed=True)
    far = replace(context, sink_gap=400)  # in play the sink is soon older than any clip is long
    ar = AutoregressiveConfig(
        loop=replace(loop, seed=1), model=model, context=far, action_dropout=0.1, checkpointed=True
    )
    init = ConsistencyConfig(
        loop=replace(loop, steps=5000, seed=2, ema_decay=0.99), model=model, context=far, checkpointed=True
    )
    distill = distillation(model, context, steps=200, lr=2e-6, seed=3)
    return Recipe(
        name="wan-1.3b",
        size=(480, 832),
        autoencoder=AutoencoderStageConfig(
            loop=LoopConfig(
                steps=50_000, log_every=100, save_every=1000, picture_every=5000,
                optimizer=OptimizerConfig(lr=3e-4, weight_decay=0.0, warmup=500, decay=0.6),
            ),
            model=AutoencoderConfig(latent_channels=16, outer_width=192, inner_width=384),
        ),
        teacher=(teacher,),
        ar=(ar,),
        init=init,
        distill=replace(
            distill, loop=replace(distill.loop, optimizer=published),
            critic=replace(published, lr=4e-7), checkpointed=True,
        ),
        sampler=SamplerConfig(first=FOUR_STEPS),
    )  # fmt: skip


def distillation(
    model: TransformerConfig, context: ContextConfig, *, steps: int, lr: float, seed: int
) -> DistillConfig:  # fmt: skip
    """DMD on self-rollouts from one real frame, two steps, four for the first frame."""
    without_momentum = OptimizerConfig(lr=lr, betas=(0.0, 0.999), warmup=10, decay=0.3)
    return DistillConfig(
        loop=LoopConfig(
            steps=steps, seed=seed, ema_decay=0.98, log_every=5, save_every=25, picture_every=100,
            optimizer=without_momentum,
        ),
        model=model,
        context=context,
        first=FOUR_STEPS,
        score_frames=context.frames,
        critic=replace(without_momentum, decay=0.0),
    )  # fmt: skip
