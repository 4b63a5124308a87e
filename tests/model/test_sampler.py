import math
from typing import Any

import pytest
import torch
from torch import Tensor

from model.sampler import SamplerConfig, sample

TARGET = torch.linspace(-1, 1, 24).reshape(1, 1, 2, 3, 4)


def _exact(x: Tensor, t: Tensor) -> Tensor:
    """Velocity of a world in which only TARGET exists."""
    return (x - TARGET) / (t / 1000)


def _noise(seed: int = 0):  # type: ignore[no-untyped-def] # a closure for tests
    generator = torch.Generator().manual_seed(seed)
    return lambda: torch.randn(TARGET.shape, generator=generator)


@pytest.mark.parametrize(("kind", "steps"), [("consistency", 1), ("consistency", 2), ("consistency", 4), ("euler", 7)])
def test_an_exact_velocity_leads_to_the_clean_latent(kind: str, steps: int) -> None:
    calls = []

    def predict(x: Tensor, t: Tensor) -> Tensor:
        calls.append(t.item())
        return _exact(x, t)

    config = SamplerConfig(kind=kind)  # type: ignore[arg-type] # parametrised literal
    torch.testing.assert_close(
        sample(config.kind, config.timesteps(steps), predict, _noise()).latent, TARGET, atol=1e-5, rtol=1e-5
    )
    assert len(calls) == steps and calls[0] == 1000


def test_consistency_draws_fresh_noise_at_each_step() -> None:
    draws = []

    def draw() -> Tensor:
        draws.append(torch.randn(TARGET.shape))
        return draws[-1]

    seen = []
    config = SamplerConfig()
    drawn = sample(config.kind, config.timesteps(4), lambda x, t: (seen.append(x), _exact(x, t))[1], draw)  # type: ignore[func-returns-value]
    assert len(draws) == 4
    assert drawn.noisy is seen[-1]
    for x, noise, t in zip(seen, draws, (1000, 937.5, 2500 / 3, 625), strict=True):
        torch.testing.assert_close(x, (1 - t / 1000) * TARGET + t / 1000 * noise, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("steps", [{"2": (1000.0,)}, {"2": (500.0, 1000.0)}, {"1": (0.0,)}, {"1": (1001.0,)}])
def test_bad_step_lists_are_refused(steps: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ValueError, match=r"steps\."):
        SamplerConfig(steps={"4": (1000.0, 900.0, 800.0, 700.0)} | steps, default_steps=4)


def test_the_first_frame_has_timesteps_of_its_own() -> None:
    config = SamplerConfig(first=(1000.0, 900.0, 800.0))
    assert config.timesteps(2, first=True).tolist() == [1000, 900, 800]
    assert config.timesteps(2).tolist() == SamplerConfig().timesteps(2, first=True).tolist()
    with pytest.raises(ValueError, match="first"):
        SamplerConfig(first=(800.0, 900.0))


def test_a_shorter_list_ends_where_a_longer_one_passes() -> None:
    """Self-rollout leaves the list at a random step: what it returns is the prediction made there."""
    config, seen = SamplerConfig(), []

    def predict(x: Tensor, t: Tensor) -> Tensor:
        seen.append(x)
        return 0.3 * x

    cut = sample(config.kind, config.timesteps(4)[:2], predict, _noise())
    del seen[:]
    sample(config.kind, config.timesteps(4), predict, _noise())
    assert torch.equal(cut.noisy, seen[1])
    torch.testing.assert_close(cut.latent, seen[1] - 0.9375 * 0.3 * seen[1])


@pytest.mark.parametrize("kind", ["consistency", "euler"])
def test_timesteps_follow_the_latent_to_its_device(kind: str) -> None:
    """On a machine without a GPU the fake one notices mixed devices just as well."""
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode(allow_non_fake_inputs=True):
        draw = lambda: torch.empty((1, 1, 2, 3, 4), device="cuda")  # noqa: E731 - a one-line fake
        config = SamplerConfig(kind=kind)  # type: ignore[arg-type] # parametrised literal
        scaled = lambda x, t: x * t.to(x.device).reshape(1, 1, 1, 1, 1)  # noqa: E731 - a one-line fake
        assert sample(config.kind, config.timesteps(2), scaled, draw).latent.device.type == "cuda"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"shift": shift} for shift in (0.0, -1.0, 1e-17, 1e300, math.nan, math.inf)),
        *({"kind": "euler", "default_steps": steps} for steps in (0, -1, 1001)),
        {"steps": {"0": (), "2": (1000.0, 500.0)}},
    ],
)
def test_what_no_frame_can_be_drawn_with_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"shift|steps"):
        SamplerConfig(**wrong)


def test_steps_have_a_bound() -> None:
    config = SamplerConfig(kind="euler", shift=0.001)
    assert config.allows(1) and config.allows(1000) and not config.allows(0) and not config.allows(1001)
    grid = config.timestep_list(1000)
    assert grid[0] == pytest.approx(1000) and grid[-1] == 0
