import pytest
import torch

from model.sampler import SamplerConfig
from model.schedule import T_MAX, add_noise, shifted, timestep_grid, to_x0, velocity


@pytest.mark.parametrize(
    ("raw", "shift", "warped"),
    [
        ((1000, 750, 500, 250), 5, (1000, 937.5, 833.333, 625)),
        ((1000, 750, 500, 250), 8, (1000, 960, 888.889, 727.273)),
        ((1000, 500), 5, (1000, 833.333)),
        ((1000,), 5, (1000,)),
    ],
)
def test_step_lists_equal_the_published_table(raw: tuple[float, ...], shift: float, warped: tuple[float, ...]) -> None:
    assert (T_MAX * shifted(torch.tensor(raw) / T_MAX, shift)).tolist() == pytest.approx(warped, abs=1e-3)


def test_grid_meets_the_step_list_and_ends_at_zero() -> None:
    grid = timestep_grid(48, 5.0)
    assert grid[[0, 12, 24, 36]].tolist() == pytest.approx([1000, 937.5, 833.3333, 625], abs=1e-3)
    assert grid[46].item() == pytest.approx(178.57, abs=0.01) and grid[47].item() == pytest.approx(96.15, abs=0.01)
    assert grid[0] == 1000 and grid[-1] == 0 and (grid.diff() < 0).all()


def test_conversions_are_exact_at_both_ends() -> None:
    x0, noise = torch.randn(2, 3, 4, 5, 6), torch.randn(2, 3, 4, 5, 6)
    v = velocity(x0, noise)
    for t in (0.0, 500.0, 1000.0):
        times = torch.full((2, 3), t)
        torch.testing.assert_close(to_x0(add_noise(x0, noise, times), v, times), x0)
    assert torch.equal(add_noise(x0, noise, torch.zeros(2, 3)), x0)
    assert torch.equal(add_noise(x0, noise, torch.full((2, 3), 1000.0)), noise)


def test_shift_keeps_the_ends() -> None:
    assert shifted(0.0, 5) == 0 and shifted(1.0, 5) == 1 and shifted(0.5, 1) == 0.5


@pytest.mark.parametrize(("steps", "raw"), [(1, (1000,)), (2, (1000, 500)), (4, (1000, 750, 500, 250))])
def test_default_step_lists_are_the_published_ones(steps: int, raw: tuple[float, ...]) -> None:
    warped = T_MAX * shifted(torch.tensor(raw) / T_MAX, 5.0)
    torch.testing.assert_close(SamplerConfig().timesteps(steps), warped, atol=1e-3, rtol=0)
