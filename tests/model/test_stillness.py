"""Whoever stands still: what nothing happened in is shown and forgotten, in every runtime alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from model import walk as walking
from model.actions import IDLE, parse_actions
from model.onnx import session as onnx_session
from model.onnx.world import load_onnx_world
from model.runtimes.cuda_graph import GraphEvaluator
from model.runtimes.evaluation import Evaluation
from model.runtimes.static import StaticEvaluator
from model.sampler import SamplerConfig
from model.sessions import Sessions
from model.snapshot import Snapshot
from model.transformer import Transformer
from model.walk import Evaluator, ModelEvaluator, Walk
from model.world import World, load_world

from ..tiny_world import tiny_transformer
from .runtimes.tape import on_tape
from .runtimes.test_static import frames_of

EVALUATORS: dict[str, Callable[[Transformer], Evaluator]] = {
    "eager": ModelEvaluator,
    "static": lambda model: StaticEvaluator(model, *[Evaluation(model, slots=4)] * 2),
    "graph": lambda model: GraphEvaluator(model, record=on_tape),
}
MOVES = parse_actions("w*2, left*2, jump, d")


@pytest.fixture(params=[0.0, 1e9], ids=["new", "nothing new"])
def nothing_new(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether all that is generated is taken for nothing new."""
    for module in (walking, onnx_session):
        monkeypatch.setattr(module, "NOTHING_NEW", request.param)
    return bool(request.param)


@pytest.fixture(scope="module")
def world(tiny_world: Path) -> World:
    return load_world(str(tiny_world), device="cpu", runtime="eager-fp32")


def stand(walk: Walk, frames: int) -> Tensor:
    """Latents of frames in which no hand does anything."""
    assert walk.newest is not None
    pose, generator = walk.newest.pose, torch.Generator().manual_seed(1)
    latent = walk.newest.latent

    def draw() -> Tensor:
        return torch.randn(latent.shape, generator=generator)

    timesteps = SamplerConfig().timesteps(2)
    vector = torch.zeros(1, 1, 11)
    return torch.cat([walk.step(vector, pose, "consistency", timesteps, draw, idle=True).latent for _ in range(frames)])


def remembered(walk: Walk) -> list[Any]:
    assert walk.newest is not None
    cache = walk.cache
    filled = cache.span(0, min(cache.count, len(cache.poses)))  # beyond is room to work
    rotated = [part[:, :, filled] for part in cache.all_rotated()]
    kept = [cache.keys, cache.values, cache.poses, *rotated, walk.newest.latent, walk.newest.vector, walk.newest.pose]
    return [cache.count, *(part.clone() for part in kept)]


@pytest.mark.parametrize("evaluator", EVALUATORS)
@pytest.mark.parametrize("before", [0, 2, 9])
def test_a_walk_remembers_what_it_did_before_to_the_bit(evaluator: str, before: int, nothing_new: bool) -> None:
    model = tiny_transformer(3)
    walk = Walk(model, sink=1, window=3, evaluator=EVALUATORS[evaluator](model))
    if before:
        frames_of(walk, 2, before)
    else:
        walk.give(walking.Newest(torch.randn(1, 1, 4, 4, 6), torch.zeros(1, 1, 11), torch.zeros(2).double()))
    old, made = remembered(walk), stand(walk, 6)
    assert (made.diff(dim=0).abs().amax((1, 2, 3, 4)) > 0.01).all(), "every frame is drawn anew"
    if nothing_new:
        assert all(
            torch.equal(a, b) if isinstance(a, Tensor) else a == b for a, b in zip(remembered(walk), old, strict=True)
        )
    else:
        assert walk.cache.count == old[0] + 6


@pytest.mark.parametrize("full", [False, True])
def test_a_gpu_is_not_waited_for_within_an_idle_step(
    full: bool, nothing_new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a device that has no values, so that whoever asked for one within a step would get none."""
    answered: list[int] = []

    class Answer:
        def __init__(self, apart: Tensor) -> None:
            assert apart.is_meta and apart.ndim == 0

        def wait(self) -> float:
            answered.append(1)
            return 1.0

    monkeypatch.setattr(walking, "Download", Answer)
    walk = Walk(tiny_transformer(3).to("meta"), sink=1, window=3)
    latent, vector, pose = torch.zeros(1, 1, 4, 4, 6).to("meta"), torch.zeros(1, 1, 11).to("meta"), torch.zeros(2)
    given = 5 if full else 2
    for _ in range(given):
        walk.give(walking.Newest(latent, vector, pose.double()))
    timesteps = SamplerConfig().timesteps(2)
    for made in range(3):
        walk.step(vector, pose.double(), "consistency", timesteps, lambda: torch.zeros_like(latent), idle=True)
        assert len(answered) == made, "only the step before was asked about"
    assert walk.cache.count == given - 1 + (0 if nothing_new else 3) and len(answered) == 3
    assert walk.newest is not None and len(answered) == 3, "and each once"


@pytest.mark.parametrize("after", ["idle", "w", "yaw:2"])
def test_a_session_goes_on_as_though_nobody_had_stood_still(world: World, after: str, nothing_new: bool) -> None:
    session = world.start("two", seed=4)
    list(session.run(MOVES))
    before = session.snapshot()
    list(session.run([IDLE] * 5))
    then = session.snapshot()
    assert then.index == before.index + 5 and not np.array_equal(then.arrays["frame"], before.arrays["frame"])
    changed = {name for name, array in then.arrays.items() if not np.array_equal(array, before.arrays[name])}
    assert (changed == {"noise", "frame"}) == nothing_new and (then.count == before.count) == nothing_new
    # a saved walk goes on to the byte, wherever it stood
    (action,) = parse_actions(after)
    shown = [session.step(action) for _ in range(3)]
    session.restore(Snapshot.from_bytes(then.to_bytes()))
    assert all(np.array_equal(session.step(action), frame) for frame in shown)


def test_batches_remember_everything_for_no_walk_must_depend_on_another(world: World) -> None:
    frames = np.stack([world.beginning("one", None)[0], world.beginning("two", None)[0]])
    walks = Sessions(world, frames, [[IDLE] * frames.shape[1]] * 2, seeds=[0, 1])
    for expected in range(1, 6):
        walks.step([IDLE, IDLE])
        assert walks._walk.cache.count == frames.shape[1] - 1 + expected


def test_without_torch_it_is_the_same(exported: Path, nothing_new: bool) -> None:
    sessions = [
        load_onnx_world(str(exported), threads=1).start("two", seed=4),
        load_world(str(exported), device="cpu", runtime="eager-fp32").start("two", seed=4),
    ]
    for actions in (MOVES, [IDLE] * 5, MOVES):
        shown = [np.stack([session.step(action) for action in actions]).astype(int) for session in sessions]
        assert np.abs(shown[0] - shown[1]).max() <= 1
        ours, theirs = (session.snapshot() for session in sessions)
        assert ours.count == theirs.count
