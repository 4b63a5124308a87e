"""The block-sparse mask shows each frame what the cache would, and skips what nobody sees."""

import pytest
import torch
from torch.nn.attention.flex_attention import create_block_mask, flex_attention

from model import clip_attention, flexible_attention
from model.clip_attention import TeacherForced
from model.flexible_attention import TILE, frame_mask, seen_frames, teacher_forced_mask, works_on
from model.positions import PositionConfig, RotaryPositions

SINK, WINDOW = 1, 3
CPU = torch.device("cpu")


def test_a_short_clip_sees_all_before_itself() -> None:
    assert seen_frames(3, SINK, WINDOW).int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 0, 0, 1, 0, 0],
        [1, 1, 0, 0, 1, 0],
        [1, 1, 1, 0, 0, 1],
    ]


def test_past_the_window_a_frame_sees_the_sink_that_moved_with_it() -> None:
    seen = seen_frames(6, SINK, WINDOW).int().tolist()
    assert seen[5] == [0, 0, 1, 1, 1, 1, *6 * [0], 1, 0]  # clean frame 5: window 2..4, itself, its own sink
    assert seen[10] == [0, 0, 1, 1, 1, 0, *[0, 0, 0, 0, 1, 0], 1, 0]  # noisy frame 5
    assert seen[11] == [0, 0, 0, 1, 1, 1, *[0, 0, 0, 0, 0, 1], 0, 1]  # noisy frame 6


@pytest.mark.parametrize("tokens", [6, 60, TILE, 240])
def test_tiles_are_those_that_torch_finds_pair_by_pair(tokens: int) -> None:
    seen = seen_frames(7, SINK, WINDOW)
    ours = frame_mask(seen, tokens, CPU)
    shape = [frames * tokens for frames in seen.shape]
    theirs = create_block_mask(ours.mask_mod, None, None, *shape, device="cpu", BLOCK_SIZE=TILE)
    assert torch.equal(ours.to_dense(), theirs.to_dense())
    assert ours.seq_lengths == theirs.seq_lengths == tuple(shape)
    for whole in ("full_kv_num_blocks", "kv_num_blocks", "full_q_num_blocks", "q_num_blocks"):
        assert torch.equal(getattr(ours, whole), getattr(theirs, whole))


def test_of_large_frames_most_tiles_are_skipped() -> None:
    mask = teacher_forced_mask(20, 1, 8, 1560, CPU)
    assert mask.sparsity() > 75  # percent: what a dense mask computes in vain


@pytest.mark.parametrize("frames", [2, SINK + WINDOW, SINK + 3 * WINDOW])
@pytest.mark.parametrize("kind", ["grid", "rays"])
@torch.no_grad()
def test_all_at_once_equals_frame_by_frame(frames: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = RotaryPositions(PositionConfig(kind=kind), 16, 2, 3)  # type: ignore[arg-type]
    poses = torch.randn((2, frames + 1, 2), generator=torch.Generator().manual_seed(0)) * 20
    q, k, v = torch.randn((3, 2, 2 * frames * 6, 2, 16), generator=torch.Generator().manual_seed(1))
    by_frame = TeacherForced(positions, poses, SINK, WINDOW)(0, q, k, v)
    monkeypatch.setattr(clip_attention, "works_on", lambda kind: True)
    monkeypatch.setattr(flexible_attention, "_compiled", lambda: flex_attention)
    at_once = TeacherForced(positions, poses, SINK, WINDOW)(0, q, k, v)
    torch.testing.assert_close(at_once, by_frame, atol=1e-5, rtol=1e-5)


def test_a_cpu_cannot_train_so() -> None:
    assert not works_on("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("frames", [SINK + WINDOW, SINK + 3 * WINDOW])
def test_on_a_gpu_values_and_gradients_equal_those_frame_by_frame(frames: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert works_on("cuda")
    positions, results = RotaryPositions(PositionConfig(), 64, 6, 10), []
    poses = torch.randn(2, frames + 1, 2, device="cuda")
    inputs = [torch.randn(2, 2 * frames * 60, 4, 64, device="cuda") for _ in range(3)]
    for at_once in (True, False):
        monkeypatch.setattr(clip_attention, "works_on", lambda kind, at_once=at_once: at_once)
        qkv = [x.bfloat16().requires_grad_() for x in inputs]
        out = TeacherForced(positions, poses, SINK, WINDOW)(0, *qkv)
        results.append([out, *torch.autograd.grad(out.float().square().sum(), qkv)])
    for one, two in zip(*results, strict=True):
        assert (one - two).norm() < 0.02 * two.norm()
