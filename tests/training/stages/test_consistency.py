"""Consistency distillation: the pairs and their targets, and a Gaussian world whose flow map must come out."""

import itertools
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from model.schedule import add_noise, timestep_grid, to_x0, velocity
from training.stages.consistency import ConsistencyConfig, ConsistencyStage, consistency_target

from .gaussian import Gaussian
from .small import latent_cache, settings, weights


def test_euler_step_on_the_exact_velocity_stays_on_the_line() -> None:
    """With the velocity of a single point the flow is a straight line: every pair has the same clean end."""
    x0, noise = torch.randn(2, 3, 4, 5, 6), torch.randn(2, 3, 4, 5, 6)

    def exact(x: Tensor, t: Tensor) -> Tensor:
        return velocity(x0, noise)

    grid = timestep_grid(48, 5.0)
    for t, following in itertools.pairwise(grid):
        times, nexts = t.expand(2, 3), following.expand(2, 3)
        target = consistency_target(exact, exact, x0, add_noise(x0, noise, times), times, nexts)
        torch.testing.assert_close(target, x0, atol=1e-5, rtol=1e-5)


def test_terminal_pair_has_the_point_itself_as_target() -> None:
    x0, x_t = torch.randn(1, 2, 4), torch.randn(1, 2, 4)
    t, following = torch.tensor([[500.0, 96.0]]), torch.tensor([[480.0, 0.0]])
    target = consistency_target(lambda x, t: x, lambda x, t: -x, x0, x_t, t, following)
    assert torch.equal(target[:, 1], x0[:, 1]) and not torch.allclose(target[:, 0], x0[:, 0])


def test_steps_are_exact_where_bf16_would_be_wrong() -> None:
    """The published code takes dt in bf16: off by up to 64 % (reference section 3.1)."""
    grid = timestep_grid(48, 5.0)
    u = 1 - torch.arange(49, dtype=torch.float64) / 48
    torch.testing.assert_close(grid.double(), 5000 * u / (1 + 4 * u), atol=1e-3, rtol=0)
    exact = -grid.diff() / 1000
    half = -grid.bfloat16().diff().float() / 1000
    assert ((half - exact).abs() / exact).max() > 0.1


def test_a_student_finds_the_flow_map_of_a_gaussian() -> None:
    """An affine student per grid point, the exact teacher, a moving target: it becomes the teacher's flow map."""
    data = Gaussian(torch.tensor(0.7), torch.tensor(0.4))
    grid = timestep_grid(24, 5.0)
    gains, offsets = torch.zeros(25, requires_grad=True), torch.zeros(25, requires_grad=True)
    followed = [gains.detach().clone(), offsets.detach().clone()]
    optimizer, generator = torch.optim.Adam([gains, offsets], lr=0.03), torch.Generator().manual_seed(0)

    def jump(a: Tensor, b: Tensor, x: Tensor, t: Tensor) -> Tensor:
        k = (grid[None, None] - t[..., None]).abs().argmin(-1)
        return a[k][..., None] * x + b[k][..., None]

    def slow(x: Tensor, t: Tensor) -> Tensor:
        return (x - jump(*followed, x, t)) / (t / 1000).clamp(min=1e-6)[..., None]  # type: ignore[call-arg,misc]

    for step in range(1500):
        optimizer.param_groups[0]["lr"] = 0.03 * (1 - step / 1500)
        x0 = data.mean + data.deviation * torch.randn((256, 1, 8), generator=generator)
        k = torch.randint(24, (256, 1), generator=generator)
        t, following = grid[k], grid[k + 1]
        x_t = add_noise(x0, torch.randn(x0.shape, generator=generator), t)
        target = consistency_target(data.velocity, slow, x0, x_t, t, following)
        optimizer.zero_grad()
        (jump(gains, offsets, x_t, t) - target).square().mean().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        for old, new in zip(followed, (gains, offsets), strict=True):
            old.lerp_(new.detach(), 0.1)
    x = torch.randn((64, 1, 8), generator=generator)
    t = grid[0].expand(64, 1)
    walked = x
    for a, b in itertools.pairwise(grid):
        walked = walked - (a - b) / 1000 * data.velocity(walked, a.expand(64, 1))
    with torch.no_grad():
        jumped = jump(gains, offsets, x, t)
    assert (jumped - walked).abs().max() < 0.04  # the teacher's own walk of 24 Euler steps
    of_the_walk = (walked - data.flow(x, t)).abs().mean()  # 24 Euler steps are not the flow itself
    assert (jumped - data.flow(x, t)).abs().mean() < of_the_walk + 0.02 < 0.1


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_guidance_moves_the_target_and_one_is_none(guidance: float, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ConsistencyConfig(**settings(), guidance=guidance)
    stage = ConsistencyStage(latent_cache(), config, torch.device("cpu"), start=weights())
    plain = ConsistencyStage(latent_cache(), replace(config, guidance=1.0), torch.device("cpu"), start=weights())
    calls: list[bool] = []
    forced = ConsistencyStage._velocity

    def counted(self: ConsistencyStage, *args: Tensor) -> Tensor:
        calls.append(len(args) == 6)  # the last argument keeps the action back
        return forced(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(ConsistencyStage, "_velocity", counted)
    loss, _ = stage.loss(3)
    assert calls.count(True) == (guidance != 1)
    assert (loss == plain.loss(3)[0]) == (guidance == 1)


def test_the_student_learns_and_teacher_and_target_do_not() -> None:
    stage = ConsistencyStage(latent_cache(), ConsistencyConfig(**settings()), torch.device("cpu"), start=weights())
    loss, _ = stage.loss(0)
    loss.backward()  # type: ignore[no-untyped-call]
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in stage.model.parameters())
    assert all(p.grad is None for module in (stage.ema, stage._teacher) for p in module.parameters())
    torch.testing.assert_close(to_x0(torch.ones(1, 1), torch.ones(1, 1), torch.zeros(1)), torch.ones(1, 1))
