"""Consistency distillation: the pairs and their targets."""

import itertools

import torch

from model.schedule import add_noise, timestep_grid, to_x0, velocity


def test_euler_step_on_the_exact_velocity_stays_on_the_line() -> None:
    """With the velocity of a single point the flow is a straight line: every pair has the same clean end."""
    x0, noise = torch.randn(2, 3, 4, 5, 6), torch.randn(2, 3, 4, 5, 6)
    grid = timestep_grid(48, 5.0)
    for t, following in itertools.pairwise(grid):
        times, nexts = t.expand(2, 3), following.expand(2, 3)
        x_t = add_noise(x0, noise, times)
        nearer = x_t - (t - following) / 1000 * velocity(x0, noise)
        torch.testing.assert_close(nearer, add_noise(x0, noise, nexts), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(to_x0(nearer, velocity(x0, noise), nexts), x0, atol=1e-5, rtol=1e-5)


def test_terminal_pair_has_the_point_itself_as_target() -> None:
    grid = timestep_grid(24, 5.0)
    x = torch.randn(2, 3, 4, 5, 6)
    assert grid[-1] == 0
    assert torch.equal(to_x0(x, torch.randn_like(x), grid[-1].expand(2, 3)), x)


def test_steps_are_exact_where_bf16_would_be_wrong() -> None:
    """The published code takes dt in bf16: off by up to 64 % (reference section 3.1)."""
    grid = timestep_grid(48, 5.0)
    exact = -grid.diff() / 1000
    assert abs(exact[0].item() - 0.00423) < 1e-4
    half = -grid.bfloat16().diff().float() / 1000
    assert ((half - exact).abs() / exact).max() > 0.1
