"""Where and how a world is computed: device, precision, and how the parts are prepared for it.

The model files stay as they are trained; whatever makes them faster is applied here.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .autoencoder import Autoencoder
from .errors import WorldError
from .transformer import Block, SelfAttention, Transformer, rms_norm


@dataclass(frozen=True)
class Runtime:
    """Device and precision."""

    name: str
    device: torch.device
    dtype: torch.dtype

    @property
    def title(self) -> str:
        """Name and precision, such as `eager bfloat16`."""
        return f"{self.name} {str(self.dtype).removeprefix('torch.')}"

    def prepare_decoder(self, autoencoder: Autoencoder) -> Callable[[Tensor], Tensor]:
        """Return a decoder in this precision (bf16 decoding is near-lossless; encoding stays fp32)."""
        if self.dtype == torch.float32:
            return autoencoder.decode
        half = copy.deepcopy(autoencoder).to(self.dtype)
        return lambda latents: half.decode(latents.to(self.dtype, memory_format=torch.channels_last))


class FusedProjection:
    """Queries, keys and values of a `SelfAttention` by one matrix product and one normalisation: same maths."""

    def __init__(self, attention: SelfAttention) -> None:
        """Join the weights as they are now; later changes to them are not seen."""
        parts = (attention.q, attention.k, attention.v)
        self._weight = torch.cat([part.weight for part in parts]).detach()
        self._bias = torch.cat([part.bias for part in parts]).detach()
        self._norm = torch.stack((attention.norm_q.weight, attention.norm_k.weight)).detach()

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """See `SelfAttention.project`."""
        qkv = F.linear(x, self._weight, self._bias)
        qkv = qkv.view(*x.shape[:-1], 3, -1)
        q, k = rms_norm(qkv[..., :2, :], self._norm).unbind(-2)
        return q, k, qkv[..., 2, :]


def fuse_projections(model: Transformer) -> None:
    """Let every layer of a model that will only be played project in one piece."""
    for block in model.blocks:
        assert isinstance(block, Block)
        block.self_attn.project = FusedProjection(block.self_attn)  # type: ignore[method-assign] # that is the point


def choose_runtime(device: str, runtime: str) -> Runtime:
    """Pick device and precision; raises WorldError for one that this machine does not have.

    `runtime` is `auto` (bf16 where the processor multiplies bf16 matrices in hardware), `eager` (the same) or
    `eager-fp32` (single precision, the reference).
    """
    if device not in ("auto", "cpu", "cuda"):
        raise WorldError(f"unknown device {device!r}; use auto, cpu or cuda")
    if device == "cuda" and not torch.cuda.is_available():
        raise WorldError(
            "device cuda was asked for but torch sees no GPU; use --device cpu, or install a CUDA build of torch"
        )
    if runtime not in ("auto", "eager", "eager-fp32"):
        raise WorldError(f"unknown runtime {runtime!r}; use auto, eager or eager-fp32")
    chosen = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    half = runtime != "eager-fp32" and has_fast_bfloat16(chosen)
    return Runtime("eager", chosen, torch.bfloat16 if half else torch.float32)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether matrix products in bf16 run in hardware."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
