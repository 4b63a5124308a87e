"""Which short samples training draws from a cache."""

import hashlib
from dataclasses import replace

import pytest
import torch

from model.errors import DataError
from training.data.latents import ClipBatch, LatentCache, sample_clips
from training.data.mapped import LatentClip

COUNTS = (24, 31, 20)
ROWS = sum(COUNTS)
ACTIONS = torch.rand((ROWS, 11), generator=torch.Generator().manual_seed(0)) - 0.5
STARTS = (0, 24, 55)
PITCHES = (0.0, 0.0, 35.0)


def make_cache(
    latents: torch.Tensor, actions: torch.Tensor, pitches: tuple[float, ...] = (0.0, 0.0, 0.0)
) -> LatentCache:
    """A cache of three clips that begin with `pitches`, given all their rows in one."""
    clips = tuple(map(LatentClip, latents.half().split(COUNTS), actions.split(COUNTS), pitches))
    return LatentCache("a" * 64, 16.0, (8, 8), ("a", "b", "c"), COUNTS, clips)


@pytest.fixture(scope="module")
def numbered() -> LatentCache:
    """A cache whose latents are their own row numbers; in the last clip the camera begins low."""
    return make_cache(torch.arange(ROWS).reshape(-1, 1, 1, 1), ACTIONS, PITCHES)


def sampled_rows(batch: ClipBatch) -> torch.Tensor:
    """Row (b, f) of the numbered cache that each frame came from."""
    return batch.latents[:, :, 0, 0, 0].long()


def test_samples_without_gap_are_contiguous_frames_of_one_clip(numbered: LatentCache) -> None:
    batch = sample_clips(numbered, 6, 500, torch.Generator().manual_seed(3))
    assert batch.latents.shape == (500, 6, 1, 1, 1) and batch.latents.dtype == torch.float32
    assert batch.actions.shape == (500, 6, 11) and batch.turned.shape == (500, 6, 2)
    rows = sampled_rows(batch)
    assert (rows.diff(dim=1) == 1).all()
    clip_of = torch.repeat_interleave(torch.arange(3), torch.tensor(COUNTS))
    assert (clip_of[rows[:, 0]] == clip_of[rows[:, -1]]).all()
    assert torch.equal(batch.actions, ACTIONS[rows])


def test_yaw_counts_from_the_last_frame_and_pitch_from_the_horizon(numbered: LatentCache) -> None:
    batch = sample_clips(numbered, 6, 100, torch.Generator().manual_seed(4))
    degrees = batch.actions[:, :, -2:] * 15
    torch.testing.assert_close(batch.turned.diff(dim=1), degrees[:, 1:], atol=1e-4, rtol=0)
    assert torch.equal(batch.turned[:, -1, 1], torch.zeros(100))
    for row, pitch in zip(sampled_rows(batch)[:, -1].tolist(), batch.turned[:, -1, 0], strict=True):
        start = max(start for start in STARTS if start <= row)
        expected = PITCHES[STARTS.index(start)] + ACTIONS[start : row + 1, -2].sum() * 15
        torch.testing.assert_close(pitch, expected, atol=1e-4, rtol=0)


def test_half_of_the_sinks_are_older_and_keep_their_true_pose(numbered: LatentCache) -> None:
    gap = 9
    batch = sample_clips(numbered, 4, 2000, torch.Generator().manual_seed(5), sink_gap=gap)
    rows = sampled_rows(batch)
    assert (rows[:, 1:].diff(dim=1) == 1).all()
    older = rows[:, 1] - 1 - rows[:, 0]
    assert set(older.tolist()) == set(range(gap + 1))
    assert 0.35 < (older > 0).float().mean() < 0.5
    assert torch.equal(batch.contiguous, older == 0)
    assert torch.equal(batch.actions, ACTIONS[rows])
    for (sink, *_, last), turned in zip(rows[:50].tolist(), batch.turned, strict=False):
        degrees = ACTIONS[sink + 1 : last + 1, -2:].sum(0) * 15
        torch.testing.assert_close(turned[-1] - turned[0], degrees, atol=1e-4, rtol=0)
    plain = sample_clips(numbered, 4, 2000, torch.Generator().manual_seed(5))
    assert torch.equal(plain.latents[:, 1:], batch.latents[:, 1:]) and plain.contiguous.all()


def test_an_old_sink_stays_within_its_clip(numbered: LatentCache) -> None:
    batch = sample_clips(numbered, 4, 2000, torch.Generator().manual_seed(5), sink_gap=1000)
    rows = sampled_rows(batch)
    clip_of = torch.repeat_interleave(torch.arange(3), torch.tensor(COUNTS))
    assert (clip_of[rows[:, 0]] == clip_of[rows[:, 1]]).all()


def test_every_place_is_drawn_equally_often(numbered: LatentCache) -> None:
    frames, count = 18, 12000
    rows = sampled_rows(sample_clips(numbered, frames, count, torch.Generator().manual_seed(6)))[:, 0]
    places = sum(n - frames + 1 for n in COUNTS)
    drawn = rows.bincount()
    drawn = drawn[drawn > 0]
    assert len(drawn) == places
    assert drawn.min() > 0.8 * count / places and drawn.max() < 1.2 * count / places


def test_samples_are_a_function_of_the_generator(numbered: LatentCache) -> None:
    one, two = (sample_clips(numbered, 5, 8, torch.Generator().manual_seed(9), sink_gap=7) for _ in range(2))
    assert torch.equal(one.latents, two.latents) and torch.equal(one.turned, two.turned)


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (0, "653cbe2d0a6b0916941a19a7262a074ef0b9fe77547ee0e5c4ce0148b87ccb3f"),
        (7, "0c81dda5553a506e915f383c4d2579fb8a33fd3f46daf3806f2184d9ec124dc1"),
    ],
)
def test_samples_stay_the_same_to_the_bit(gap: int, expected: str) -> None:
    """Runs are resumed, and worlds were made, with what a seed has always drawn."""
    generator = torch.Generator().manual_seed(0)
    actions = torch.rand((ROWS, 11), generator=generator) - 0.5
    cache = make_cache(torch.randn((ROWS, 4, 2, 3), generator=generator), actions)
    drawing, sha = torch.Generator().manual_seed(11), hashlib.sha256()
    for _ in range(20):
        batch = sample_clips(cache, 6, 32, drawing, sink_gap=gap)
        for tensor in (batch.latents, batch.actions, batch.turned, batch.contiguous):
            sha.update(tensor.contiguous().numpy().tobytes())
    assert sha.hexdigest() == expected


def test_a_sample_may_be_as_long_as_the_shortest_clip_but_no_longer(numbered: LatentCache) -> None:
    sample_clips(numbered, 20, 2, torch.Generator())
    with pytest.raises(DataError, match="c: has 20 frames, a sample takes 21"):
        sample_clips(numbered, 21, 2, torch.Generator())


def test_in_a_pause_the_picture_and_the_camera_stand_still_and_no_hand_is_told(numbered: LatentCache) -> None:
    still = replace(numbered, clips=[replace(clip, actions=clip.actions.clamp(max=0.4)) for clip in numbered.clips])
    batch = sample_clips(still, 8, 2000, torch.Generator().manual_seed(7), paused=0.6)
    moved = sampled_rows(batch)[:, 1:].diff(dim=1).bool()
    assert not batch.actions[:, 2:][~moved].any() and batch.actions[:, 2:][moved].any(dim=-1).all()
    assert not batch.turned.diff(dim=1)[:, 1:][~moved].any()
    whole = (~moved).all(dim=1)
    assert 0.2 < whole.float().mean() < 0.35, "many pauses last longer than a sample"
    assert (~moved[~whole]).any(dim=1).float().mean() > 0.3
    assert (moved.diff(dim=1).int().abs().sum(dim=1) <= 2).all(), "there is one pause in a sample"


def test_nobody_stands_still_in_the_air(numbered: LatentCache) -> None:
    jumping = replace(numbered, clips=[replace(c, actions=torch.ones_like(c.actions)) for c in numbered.clips])
    batch = sample_clips(jumping, 8, 300, torch.Generator().manual_seed(8), paused=1.0)
    assert (sampled_rows(batch)[:, 1:].diff(dim=1) == 1).all()
