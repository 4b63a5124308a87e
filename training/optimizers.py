"""Optimisers of a stage: Muon for a transformer's matrices, AdamW for all else, one learning-rate curve.

Muon (Jordan et al. 2024, here torch's own) orthogonalises the momentum of a matrix; with its step scaled to
AdamW's RMS (Liu et al. 2025, arXiv:2502.16982) both share one learning rate.

Weights, their gradients and what an optimiser keeps of them are fp32 whatever the products are computed in: bf16 has 8
bits, so a weight of 1 would lose every update below 0.004, which is all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn


@dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """How weights move."""

    kind: Literal["adamw", "muon"] = "adamw"
    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    clip: float = 1.0
    """Largest norm of the whole gradient."""
    warmup: int = 100
    """Steps of linear rise."""
    decay: float = 0.5
    """Share of the run, at its end, over which the rate falls linearly to zero."""


def build_optimizers(model: nn.Module, config: OptimizerConfig) -> list[torch.optim.Optimizer]:
    """Return the optimisers that together hold every parameter of `model` that trains.

    Raises:
        ValueError: when one of them is not fp32.
    """
    named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if lossy := [name for name, p in named if p.dtype != torch.float32]:
        raise ValueError(f"{lossy[0]} would lose small updates; train in fp32 and let autocast compute in less")
    hidden = [p for name, p in named if config.kind == "muon" and p.ndim == 2 and ".blocks." in f".{name}"]
    taken = {id(p) for p in hidden}
    rest = [p for _, p in named if id(p) not in taken]
    lr, decay = config.lr, config.weight_decay
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(rest, lr=lr, betas=config.betas, weight_decay=decay, fused=True)
    ]
    if hidden:
        optimizers.append(
            torch.optim.Muon(hidden, lr=lr, momentum=0.95, weight_decay=decay, adjust_lr_fn="match_rms_adamw")
        )
    return optimizers


def set_learning_rate(
    optimizers: Iterable[torch.optim.Optimizer], config: OptimizerConfig, step: int, steps: int
) -> float:
    """Set and return the rate of `step` (0-based) in a run of `steps`: warm up, hold, decay to zero."""
    rise = min(1.0, (step + 1) / max(1, config.warmup))
    fall = min(1.0, (steps - step) / max(1.0, config.decay * steps))
    rate = config.lr * min(rise, fall)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate
    return rate
