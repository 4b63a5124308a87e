"""The precision of all training: products in bf16 where that is sooner, weights and what is summed in fp32."""

import torch

from model.runtime import has_fast_bfloat16


def fast_dtype(device: torch.device) -> torch.dtype:
    """Return the sooner of bf16 and fp32."""
    return torch.bfloat16 if has_fast_bfloat16(device) else torch.float32


def autocast(device: torch.device) -> torch.autocast:
    """Return the context in which networks on `device` are computed."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=has_fast_bfloat16(device))
