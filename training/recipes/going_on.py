"""Recipes for a world that is there (`--start WORLD`): it goes on learning."""

from dataclasses import replace

from ..loop import LoopConfig
from ..optimizers import OptimizerConfig
from ..recipe import Recipe
from ..stages.consistency import ConsistencyConfig
from ..stages.sharpen import SharpenConfig
from ..stages.teacher import TeacherConfig
from .scratch import distillation, tiny


def refine() -> Recipe:
    """`tiny` for what has learned to play already (`--start WORLD`): an hour or two on two CPU cores, at gentler rates.

    Also for footage of one's own: the world that comes with arvd goes on learning from it, in the same latents.
    """
    base = tiny()
    (ar,), init = base.ar, base.init
    assert isinstance(init, ConsistencyConfig)
    gentle = OptimizerConfig(kind="muon", lr=6e-4, warmup=30, decay=0.5)
    short = LoopConfig(steps=1700, seed=6, ema_decay=0.99, log_every=20, save_every=50, picture_every=500)
    settled = replace(ar.context, paused=0.35, recycled=4)  # who stands still sees every error grow
    return replace(
        base,
        name="refine",
        sharpen=SharpenConfig(
            walks=96,
            loop=LoopConfig(
                steps=1000, log_every=20, save_every=100, picture_every=200, seed=5, ema_decay=0.99,
                optimizer=OptimizerConfig(lr=1.5e-4, betas=(0.5, 0.9), weight_decay=0.0, warmup=50, decay=0.4),
            ),
        ),
        teacher=(),
        ar=(replace(ar, loop=replace(short, optimizer=gentle), context=settled),),
        init=replace(
            init,
            context=settled,
            loop=replace(
                init.loop, steps=400, seed=7, save_every=50, picture_every=100,
                optimizer=replace(init.loop.optimizer, lr=2e-4),
            ),
        ),
        distill=None,
    )  # fmt: skip


def widen() -> Recipe:
    """`refine` with 16 latent channels, for a world that has fewer (`--start WORLD`): what it knows stays as it is.

    The new channels are learned first on clips of 3 frames, where nothing but the previous picture is to be looked at.
    A world that has 16 already brings its autoencoder, and only the generator learns on.
    """
    base, wide = refine(), 16
    (ar,), init, autoencoder = base.ar, base.init, base.autoencoder
    assert isinstance(init, ConsistencyConfig)
    full = replace(
        ar,
        model=replace(ar.model, latent_channels=wide),
        loop=replace(ar.loop, steps=1600, optimizer=replace(ar.loop.optimizer, lr=1e-3)),
    )
    short = replace(
        full,
        loop=replace(full.loop, steps=1200, seed=8, optimizer=replace(full.loop.optimizer, decay=0.0)),
        context=replace(full.context, frames=3, batch=16, recycled=0, sink_gap=0),
    )
    return replace(
        base,
        name="widen",
        autoencoder=replace(
            autoencoder,
            model=replace(autoencoder.model, latent_channels=wide),
            loop=replace(autoencoder.loop, steps=4500, ema_decay=0.998),
            kept=0.1,
            moved=0.25,
        ),
        ar=(short, full),
        # guided, keys move the picture further
        init=replace(init, model=full.model, loop=replace(init.loop, steps=300), guidance=2.0),
    )


def pictures() -> Recipe:
    """For a world in 16 channels (`--start WORLD`): it learns to go on from its own pictures, as they were shown.

    Errors that no picture shows cannot add up then, but each time round the autoencoder costs detail, which has to be
    put back. Unguided, for guidance applied to its own results again and again drives colours apart.
    """
    base = widen()
    _, ar = base.ar
    init = base.init
    assert isinstance(init, ConsistencyConfig)
    context = replace(ar.context, remembers="pictures")
    return replace(
        base,
        name="pictures",
        sharpen=None,  # what is remembered goes through the decoder that it was learned with
        ar=(replace(ar, context=context, loop=replace(ar.loop, steps=2000, seed=14)),),
        init=replace(init, context=context, loop=replace(init.loop, seed=15), guidance=1.0),
    )


def match() -> Recipe:
    """The last stage for a world in 16 channels that plays (`--start WORLD`): its rollouts are matched to a teacher's.

    The bidirectional teacher begins with the world's weights, which it has only to let see both ways.
    """
    base = widen()
    _, ar = base.ar
    seen_whole = replace(ar.context, batch=8, sink_gap=0, noise=0.0, recycled=0)
    teacher = TeacherConfig(
        loop=replace(
            ar.loop, steps=1000, seed=10, log_every=50, save_every=200,
            optimizer=replace(ar.loop.optimizer, decay=0.3),
        ),
        model=ar.model,
        context=seen_whole,
        action_dropout=0.1,
    )  # fmt: skip
    # rollouts go on beyond the window, so that a student also learns what it makes of nothing but its own frames
    matched = distillation(ar.model, replace(seen_whole, frames=19, batch=3), steps=150, lr=6e-5, seed=13)
    return replace(
        _as_it_is(base),
        name="match",
        teacher=(teacher,),
        distill=replace(matched, compiled=False, guidance=2.0, score_frames=seen_whole.frames),
    )


def sharpen() -> Recipe:
    """The decoder alone of a world that is there (`--start WORLD`): half an hour on two CPU cores."""
    return replace(_as_it_is(refine()), name="sharpen")


def _as_it_is(base: Recipe) -> Recipe:
    """`base` with a generator that learns nothing: the stage `ar` hands on that of the world which is there."""
    ar = base.ar[-1]
    return replace(base, ar=(replace(ar, loop=replace(ar.loop, steps=0)),), ar_sampler=base.sampler, init=None)
