"""Distribution matching: closed forms, and a Gaussian world in which the generator must find the data."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from model.schedule import add_noise
from training.stages.matching import (
    critic_adversarial,
    distribution_matching,
    draw_score_timesteps,
    generator_adversarial,
    guided,
    score_identity,
)

from .gaussian import Gaussian

SHAPE = (3, 2, 4, 2, 2)


def _pictures(count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(SHAPE, generator=generator) for _ in range(count)]


def test_guidance_is_ordinary_cfg() -> None:
    told, untold = _pictures(2)
    assert torch.equal(guided(told, untold, 0), untold)
    torch.testing.assert_close(guided(told, untold, 1), told)
    torch.testing.assert_close(guided(told, untold, 4), told + 3 * (told - untold))  # the published coefficient 3


def test_agreeing_scores_leave_the_student_alone() -> None:
    x, score = _pictures(2)
    x.requires_grad_()
    distribution_matching(x, score, score).backward()
    assert x.grad is not None and (x.grad == 0).all()


def test_gradient_points_from_fake_to_real_and_is_normalised_per_sample() -> None:
    x, real, fake = _pictures(3)
    real[1] *= 100  # a sample that is far off must not drown the others
    x.requires_grad_()
    distribution_matching(x, real, fake).backward()
    assert x.grad is not None
    for k in range(SHAPE[0]):
        wanted = (fake[k] - real[k]) / (x[k] - real[k]).abs().mean() / x.numel()
        torch.testing.assert_close(x.grad[k], wanted.detach())
    plain = x.detach().requires_grad_()
    distribution_matching(plain, real, fake, normalised=False).backward()
    torch.testing.assert_close(plain.grad, (fake - real) / x.numel())


def test_score_timesteps_are_shared_by_a_clip_and_clamped() -> None:
    t = draw_score_timesteps(20_000, 5.0, (20.0, 980.0), torch.Generator().manual_seed(0))
    assert t.shape == (20_000, 1) and t.min() == 20 and t.max() == 980
    assert abs((t == 980).float().mean() - 0.09) < 0.01 and abs((t == 20).float().mean() - 0.004) < 0.003


def _dmd(x: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    return distribution_matching(x, real.detach(), fake.detach())


@pytest.mark.parametrize("loss", [_dmd, score_identity])
def test_a_generator_finds_the_gaussian(loss: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """x = a z + b, real and fake score exact: a must become the data's deviation and b its mean."""
    data = Gaussian(torch.tensor(0.7), torch.tensor(0.4))
    deviation, mean = torch.tensor(1.5, requires_grad=True), torch.tensor(-1.0, requires_grad=True)
    optimizer = torch.optim.Adam([deviation, mean], lr=0.02, betas=(0.5, 0.99))
    generator = torch.Generator().manual_seed(0)
    for step in range(600):
        optimizer.param_groups[0]["lr"] = 0.02 * (1 - step / 600)
        x = deviation * torch.randn((128, 1, 4, 2, 2), generator=generator) + mean
        t = draw_score_timesteps(len(x), 5.0, (20.0, 980.0), generator)
        x_t = add_noise(x, torch.randn(x.shape, generator=generator), t)
        own = Gaussian(mean.detach(), deviation.detach().abs())
        optimizer.zero_grad()
        loss(x, data.denoise(x_t, t), own.denoise(x_t, t)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert abs(mean.item() - 0.7) < 0.03
    assert abs(abs(deviation.item()) - 0.4) < 0.03


def test_adversaries_want_opposite_things() -> None:
    sure, unsure = torch.full((4,), 5.0), torch.zeros(4)
    assert critic_adversarial(sure, -sure) < critic_adversarial(unsure, unsure) < critic_adversarial(-sure, sure)
    assert generator_adversarial(sure) < generator_adversarial(unsure) < generator_adversarial(-sure)
