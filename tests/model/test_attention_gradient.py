"""The gradient written as products agrees with the exact one."""

import pytest
import torch
import torch.nn.functional as F

from model.attention import attend
from model.attention_gradient import attend_by_products


@pytest.mark.parametrize("hidden", [0, 10])
@pytest.mark.parametrize(("queries", "keys"), [(60, 60), (15, 135), (60, 600)])
def test_value_is_torch_s_and_gradient_is_exact_to_the_rounding(queries: int, keys: int, hidden: int) -> None:
    generator = torch.Generator().manual_seed(0)
    draw = lambda n: torch.randn((2, 4, n, 32), generator=generator)  # noqa: E731 - a one-line shorthand
    q, k, v, weight = draw(queries), draw(keys), draw(keys), draw(queries)
    exact = [x.double().requires_grad_() for x in (q, k, v)]
    half = [x.bfloat16().requires_grad_() for x in (q, k, v)]
    bias = torch.zeros(queries, keys)
    bias[: queries // 2, keys - hidden :] = -torch.inf
    biased = lambda x: F.scaled_dot_product_attention(*x, attn_mask=bias.to(x[0].dtype))  # noqa: E731 - as above
    out = attend_by_products(*half, bias.bfloat16() if hidden else None)
    assert torch.equal(out, biased(half) if hidden else F.scaled_dot_product_attention(*half))
    wanted = torch.autograd.grad((biased(exact) * weight).sum(), exact)
    found = torch.autograd.grad((out * weight).sum(), half)
    for one, two in zip(found, wanted, strict=True):
        assert (one - two).norm() < 0.02 * two.norm()
    single = [x.clone().requires_grad_() for x in (q, k, v)]
    exactly = torch.autograd.grad((attend_by_products(*single, bias) * weight).sum(), single)
    torch.testing.assert_close(exactly, tuple(x.float() for x in wanted), atol=1e-5, rtol=1e-4)


def test_it_is_what_bf16_training_on_a_cpu_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr("model.attention.attend_by_products", lambda q, k, v, bias: calls.append(q.dtype) or q)
    q = torch.randn(1, 3, 2, 8, dtype=torch.bfloat16)
    attend(q, q, q)
    attend(q.float().requires_grad_(), q.float(), q.float())
    assert not calls
    attend(q.requires_grad_(), q, q)
    assert calls == [torch.bfloat16]
