"""What is sent arrives; on a GPU, when there is one, also what is changed behind its back."""

import numpy as np
import pytest
import torch

from model.transfer import Download, upload

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here"))]


@pytest.mark.parametrize("device", DEVICES)
def test_what_goes_up_comes_down(device: str) -> None:
    values = torch.arange(12.0, dtype=torch.float64).view(3, 4)
    there = upload(values.expand(2, 3, 4), torch.device(device))
    assert there.device.type == device and there.dtype == values.dtype
    assert np.array_equal(Download(there).wait(), values.expand(2, 3, 4))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_what_goes_up_may_change_as_soon_as_it_is_handed_over() -> None:
    values = torch.ones(1 << 16)
    there = upload(values, torch.device("cuda"))
    values.zero_()
    assert np.array_equal(Download(there).wait(), np.ones(1 << 16))


@pytest.mark.parametrize("device", DEVICES)
def test_what_comes_down_may_change_as_soon_as_it_is_sent(device: str) -> None:
    there = torch.ones(1 << 16, device=device)
    coming = Download(there)
    there.zero_()
    assert np.array_equal(coming.wait(), np.ones(1 << 16))
