"""Trajectories: a walk is the plain Euler integration, and a student learns the jump to its end."""

import contextlib
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from torch import Tensor

from model.schedule import timestep_grid
from model.transformer import Transformer, TransformerConfig
from training.data.latents import LatentCache
from training.data.mapped import LatentClip
from training.data.trajectories import Trajectories, make_trajectories
from training.loop import LoopConfig
from training.stages import forcing, trajectories
from training.stages.forcing import ContextConfig, bidirectional, teacher_forced
from training.stages.matching import guided
from training.stages.trajectories import TrajectoryConfig, TrajectoryStage, walk

from ...tiny_world import tiny_transformer

CPU = torch.device("cpu")
MODEL = TransformerConfig(latent_channels=4, rows=4, columns=6, width=32, depth=2, heads=2, ffn=64)
CONFIG = TrajectoryConfig(
    loop=LoopConfig(steps=1, seed=5),
    model=MODEL,
    context=ContextConfig(window=2, frames=6, batch=3),  # longer than sink and window together
    grid=6,
    kept=(0, 2, 3),
    shards=2,
    shard_clips=3,
    compiled=False,
)


def cache() -> LatentCache:
    generator = torch.Generator().manual_seed(0)
    latents, actions = torch.randn((30, 4, 4, 6), generator=generator), torch.randn((30, 11), generator=generator)
    counts = (14, 16)
    clips = tuple(map(LatentClip, latents.half().split(counts), actions.split(counts)))
    return LatentCache("0" * 64, 16.0, (32, 48), ("a", "b"), counts, clips)


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """In single precision throughout, so that two ways to the same number agree closely."""
    for module in (forcing, trajectories):
        monkeypatch.setattr(module, "autocast", lambda device: contextlib.nullcontext())


def velocity(
    teacher: Transformer, kind: str, x: Tensor, t: Tensor, walked: Trajectories, told: Tensor | None
) -> Tensor:
    clip = walked.clip
    if kind == "causal":
        return teacher_forced(teacher, clip.latents, x, t, clip, CONFIG.context, told)
    return bidirectional(teacher, clip.latents[:, :1], x, t, clip, None if told is None else told[:, :1])


@torch.no_grad()
@pytest.mark.parametrize("guidance", [1.0, 2.5])
@pytest.mark.parametrize("kind", ["causal", "bidirectional"])
def test_a_walk_is_a_plain_euler_integration(
    kind: Literal["causal", "bidirectional"], guidance: float, exact: None
) -> None:
    config, teacher = replace(CONFIG, teacher=kind, guidance=guidance), tiny_transformer()
    walked = walk(teacher, cache(), config, CPU, 1)
    assert walked.states.shape == (3, 4, 5, 4, 4, 6)
    x, seen = walked.states[:, 0], []
    for t, following in itertools.pairwise(timestep_grid(6, 5.0)):
        seen.append(x)
        times = t.expand(x.shape[:2])
        v = velocity(teacher, kind, x, times, walked, None)
        if guidance != 1:
            v = guided(v, velocity(teacher, kind, x, times, walked, torch.zeros(times.shape)), guidance)
        x = x - (t - following) / 1000 * v
    for found, expected in zip(walked.states.unbind(1), (seen[0], seen[2], seen[3], x), strict=True):
        torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)
    assert (walked.states[:, -1] - walked.states[:, 0]).square().mean() > 0.1  # it has gone somewhere


def test_walks_begin_with_unit_noise_and_differ_by_shard() -> None:
    one, again, other = (walk(tiny_transformer(), cache(), CONFIG, CPU, number) for number in (0, 0, 1))
    assert torch.equal(one.states, again.states) and torch.equal(one.clip.latents, again.clip.latents)
    assert not torch.equal(one.states[:, 0], other.states[:, 0])
    assert not torch.equal(one.clip.actions, other.clip.actions)
    assert abs(one.states[:, 0].std().item() - 1) < 0.1


def test_kept_states_are_those_of_the_four_step_list() -> None:
    config = TrajectoryConfig(loop=LoopConfig(steps=1))
    kept = timestep_grid(config.grid, config.shift)[list(config.kept)]
    torch.testing.assert_close(kept, torch.tensor([1000.0, 937.5, 2500 / 3, 625.0]))


@pytest.mark.parametrize("kind", ["causal", "bidirectional"])
def test_a_student_that_jumps_to_the_end_has_no_loss(
    kind: Literal["causal", "bidirectional"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On straight walks to 0 the right velocity is 1 everywhere, if states, ends and timesteps belong together."""
    config = replace(CONFIG, teacher=kind)
    levels = timestep_grid(6, 5.0)[[0, 2, 3, 6]] / 1000

    def straight(number: int) -> Trajectories:
        clip = walk(tiny_transformer(), cache(), config, CPU, number).clip
        return Trajectories(clip, levels[None, :, None, None, None, None].expand(3, 4, 5, 4, 4, 6))

    make_trajectories(tmp_path, 2, {}, straight)
    stage = TrajectoryStage(cache(), config, CPU, start=tiny_transformer().state_dict(), stored=tmp_path)
    drawn: list[Tensor] = []

    def right(model: Any, *inputs: Any) -> Tensor:
        noisy, t = inputs[1:3] if kind == "causal" else inputs[:2]
        drawn.append(t)
        return torch.ones_like(noisy)

    monkeypatch.setattr(trajectories, "teacher_forced" if kind == "causal" else "diffusion_forced", right)
    for step in range(12):
        assert stage.loss(step)[0] < 1e-6
    levels_seen = set(torch.cat([t.flatten() for t in drawn]).tolist())
    times = timestep_grid(6, 5.0)[[0, 2, 3, 6]].tolist()
    if kind == "causal":
        assert all((t == t[:, :1]).all() for t in drawn)  # one step for all frames of a clip
        assert levels_seen == set(times[:3])
    else:
        assert all((t[:, 0] == 0).all() for t in drawn)  # the given frame is clean
        assert any((t[:, 1:] != t[:, 1:2]).any() for t in drawn) and levels_seen == set(times)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kept": ()}, "kept must rise"),
        ({"kept": (0, 0)}, "kept must rise"),
        ({"kept": (0, 6)}, r"within 0\.\.5"),
        ({"context": replace(CONFIG.context, noise=0.1)}, "leave sink_gap, noise and recycled at 0"),
    ],
)
def test_walks_that_mean_nothing_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(CONFIG, **wrong)
