import pytest
import torch
import torch.nn.functional as F

from training.activation import ExponentialGELU


def test_it_is_gelu_by_another_way() -> None:
    x = torch.linspace(-12, 12, 4801, requires_grad=True)
    ours, torchs = ExponentialGELU()(x), F.gelu(x, approximate="tanh")
    torch.testing.assert_close(ours, torchs, atol=1e-6, rtol=1e-6)
    of_ours, of_torchs = (torch.autograd.grad(y.sum(), x)[0] for y in (ours, torchs))
    torch.testing.assert_close(of_ours, of_torchs, atol=3e-6, rtol=3e-6)


@pytest.mark.parametrize("far", [-1e6, 1e6])
def test_far_out_it_is_a_ramp(far: float) -> None:
    x = torch.tensor(far, requires_grad=True)
    y = ExponentialGELU()(x)
    y.backward()
    assert y.item() == max(0.0, far) and x.grad is not None and x.grad.item() == (far > 0)


def test_it_keeps_the_precision_that_it_is_given() -> None:
    x = torch.randn(100).bfloat16()
    torch.testing.assert_close(ExponentialGELU()(x), F.gelu(x, approximate="tanh"))
