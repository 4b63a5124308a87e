"""In which precision training computes."""

import pytest
import torch

import training.precision
from training.precision import autocast


@pytest.mark.parametrize(("sooner", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_products_are_in_bf16_only_where_that_is_sooner(
    sooner: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.precision, "has_fast_bfloat16", lambda device: sooner)
    weight = torch.ones(4, 4, requires_grad=True)
    with autocast(torch.device("cpu")):
        product = torch.ones(2, 4) @ weight
    assert product.dtype == dtype
    product.float().sum().backward()
    assert weight.grad is not None and weight.grad.dtype == torch.float32
