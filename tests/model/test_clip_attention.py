"""Teacher forcing frame by frame equals one dense attention under a mask, values and gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from model.attention import Rotation
from model.clip_attention import TeacherForced
from model.flexible_attention import seen_frames
from model.positions import PositionConfig, RotaryPositions

SINK, WINDOW, TOKENS = 1, 3, 6


def dense(positions: RotaryPositions, poses: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """All tokens against all, most of it thrown away."""
    frames = poses.shape[1] - 1
    index = torch.cat((torch.arange(frames), torch.arange(1, frames + 1)))
    rotation = Rotation(positions, index, poses[:, index])
    keys, values = [rotation.keys(k)], [rotation.values(v)]
    for frame in range(SINK + WINDOW + 1, frames + 1):  # the sink as this frame sees it
        moved = Rotation(positions, torch.arange(SINK) + frame - SINK - WINDOW, poses[:, :SINK])
        keys.append(moved.keys(k[:, : SINK * TOKENS]))
        values.append(moved.values(v[:, : SINK * TOKENS]))
    seen = seen_frames(frames, SINK, WINDOW).repeat_interleave(TOKENS, 0).repeat_interleave(TOKENS, 1)
    q, k, v = (x.transpose(1, 2) for x in (rotation.keys(q), torch.cat(keys, 1), torch.cat(values, 1)))
    return rotation.back(F.scaled_dot_product_attention(q, k, v, attn_mask=seen).transpose(1, 2))


@pytest.mark.parametrize("frames", [1, SINK + WINDOW, SINK + WINDOW + 1, SINK + 3 * WINDOW])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-5), (torch.bfloat16, 0.02)])
def test_nothing_but_time_is_saved(frames: int, dtype: torch.dtype, error: float) -> None:
    positions = RotaryPositions(PositionConfig(), 16, 2, 3)
    poses = torch.randn((2, frames + 1, 2), generator=torch.Generator().manual_seed(0)) * 20
    drawn = torch.randn((4, 2, 2 * frames * TOKENS, 2, 16), generator=torch.Generator().manual_seed(1))
    results = []
    for way, precision in ((TeacherForced(positions, poses, SINK, WINDOW), dtype), (None, torch.float32)):
        qkv = [x.to(precision).requires_grad_() for x in drawn[:3]]
        out = dense(positions, poses, *qkv) if way is None else way(0, *qkv)
        results.append([out, *torch.autograd.grad(out, qkv, drawn[3].to(precision))])
    for one, two in zip(*results, strict=True):
        assert (one - two).norm() < error * two.norm()
