"""The latent cache: a dataset encoded once by one autoencoder, and the short samples training draws from it.

`encode_dataset` makes or mends a cache folder, `LatentCache.open` loads it, `sample_clips` draws from it.

Letters: n frames of all clips together, t frames of one clip, b batch, f frames of a sample, c latent
channels, h and w latent height and width.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from model.actions import ACTION_SIZE, DEGREES_PER_UNIT
from model.autoencoder import STRIDE, Autoencoder, to_pixels
from model.errors import DataError
from model.footage.clip import Clip, Dataset

from ..logs import Steps
from .shards import Index, damaged, good_shards, read_index, read_shard, write_index, write_shard

_BATCH = 32  # frames per forward pass; more gains nothing on a CPU
_INDEX_SECONDS = 5.0  # a killed encoding loses at most this much work
_PREFETCH_BYTES = 200 << 20  # two clips in memory at once only while both together stay below this


class EncodingStopped(Exception):  # noqa: N818 - nothing went wrong
    """`encode_dataset` was asked to stop; what is encoded so far is kept."""


@dataclass(frozen=True)
class LatentClip:
    """One clip as latents."""

    name: str
    latents: Tensor
    """(t, c, h, w) float16, mean 0 and deviation 1 per channel."""
    actions: Tensor
    """(t, 11) float32 action vectors; row k turned frame k-1 into frame k."""


@dataclass(frozen=True, eq=False)
class LatentCache:
    """All clips of a dataset as latents, in memory: one tensor, of which the clips are views."""

    autoencoder_hash: str
    """As `cache_key` makes it."""
    fps: float
    size: tuple[int, int]
    """Height and width of the frames, in pixels."""
    names: tuple[str, ...]
    frame_counts: tuple[int, ...]
    latents: Tensor
    """(n, c, h, w) float16, clip after clip."""
    actions: Tensor
    """(n, 11) float32."""

    @staticmethod
    def open(folder: Path, autoencoder_hash: str) -> "LatentCache":
        """Load the cache in `folder`.

        Raises:
            DataError: when it is missing, unfinished, made by another autoencoder, or any shard is damaged.
        """
        index = read_index(folder)
        if index.autoencoder != autoencoder_hash:
            raise DataError(
                f"{folder}: was made by autoencoder {_short(index.autoencoder)}, not {_short(autoencoder_hash)}; "
                "encode the dataset again with `arvd-data encode`"
            )
        if not index.complete or not index.clips:
            raise DataError(f"{folder}: its encoding did not finish; run `arvd-data encode` again")
        counts = tuple(entry.frames for entry in index.clips)
        latents, actions = torch.empty(0), torch.empty((sum(counts), ACTION_SIZE))
        start = 0
        for entry in index.clips:
            clip_latents, clip_actions = read_shard(folder, entry)
            if start == 0:
                latents = torch.empty((sum(counts), *clip_latents.shape[1:]), dtype=torch.float16)
            if clip_latents.shape[1:] != latents.shape[1:]:
                raise damaged(folder / entry.shard, "its latents have another shape than those before it")
            latents[start : start + entry.frames] = clip_latents
            actions[start : start + entry.frames] = clip_actions
            start += entry.frames
        names = tuple(entry.name for entry in index.clips)
        return LatentCache(autoencoder_hash, index.fps, index.size, names, counts, latents, actions)

    @cached_property
    def starts(self) -> Tensor:
        """(clips,) int64: where each clip begins in `latents` and `actions`."""
        counts = torch.tensor(self.frame_counts)
        return counts.cumsum(0) - counts

    @cached_property
    def clips(self) -> tuple[LatentClip, ...]:
        """The clips one by one, sharing memory with `latents` and `actions`."""
        spans = [slice(i, i + count) for i, count in zip(self.starts.tolist(), self.frame_counts, strict=True)]
        return tuple(
            LatentClip(name, self.latents[span], self.actions[span])
            for name, span in zip(self.names, spans, strict=True)
        )

    @cached_property
    def poses(self) -> Tensor:
        """(n, 2) float64: degrees of pitch and yaw since the clip's first frame; pitch is not clamped."""
        return torch.cat([clip.actions[:, -2:].double().cumsum(0) for clip in self.clips]) * DEGREES_PER_UNIT


@dataclass(frozen=True)
class ClipBatch:
    """Short samples of clips, the first frame of each being its sink."""

    latents: Tensor
    """(b, f, c, h, w) float32."""
    actions: Tensor
    """(b, f, 11) float32: what made each frame in its clip, also for the sink and the frame after it."""
    turned: Tensor
    """(b, f, 2) float32: pitch of the camera and its yaw relative to the sample's last frame, in degrees."""
    contiguous: Tensor
    """(b,) bool: whether the sink is the frame just before the others."""

    def to(self, device: torch.device | str) -> "ClipBatch":
        """Return the batch on another device."""
        return ClipBatch(*(tensor.to(device) for tensor in (self.latents, self.actions, self.turned, self.contiguous)))

    def part(self, start: int, end: int) -> "ClipBatch":
        """Frames `start` to `end` of every sample."""
        frames = slice(start, end)
        return ClipBatch(self.latents[:, frames], self.actions[:, frames], self.turned[:, frames], self.contiguous)

    @staticmethod
    def join(batches: Sequence["ClipBatch"]) -> "ClipBatch":
        """All samples of batches of equal length, one after the other."""
        parts = zip(*((b.latents, b.actions, b.turned, b.contiguous) for b in batches), strict=True)
        return ClipBatch(*(torch.cat(tensors) for tensors in parts))


def sample_clips(
    cache: LatentCache, frames: int, batch: int, generator: torch.Generator, *, sink_gap: int = 0
) -> ClipBatch:
    """Draw `batch` samples of `frames` frames (at least 2), uniformly over all places where one fits.

    A sample is a run of `frames - 1` frames behind one sink frame. In half of the samples the sink is the
    frame just before the run; in the others it is drawn from that frame and the `sink_gap` frames before it.

    Raises:
        DataError: when a clip is shorter than `frames`.
    """
    shortest = min(range(len(cache.names)), key=cache.frame_counts.__getitem__)
    if cache.frame_counts[shortest] < frames:
        raise DataError(
            f"{cache.names[shortest]}: has {cache.frame_counts[shortest]} frames, a sample takes {frames}; "
            "remove the clip or train on shorter samples"
        )
    places = torch.tensor(cache.frame_counts) - frames + 1
    ends = places.cumsum(0)
    drawn = torch.randint(int(ends[-1]), (batch,), generator=generator, device=generator.device).cpu()
    chance = torch.rand((2, batch), generator=generator, device=generator.device, dtype=torch.float64).cpu()
    clip = torch.searchsorted(ends, drawn, right=True)
    before = drawn - (ends - places)[clip]  # the frame just before the run, counted from its clip's first
    reach = before.clamp(max=sink_gap)
    older = (chance[1] * (reach + 1)).long() * (chance[0] < 0.5)
    run = before[:, None] + torch.arange(1, frames)
    rows = cache.starts[clip][:, None] + torch.cat([(before - older)[:, None], run], dim=1)
    turned = cache.poses[rows]
    turned[:, :, 1] -= turned[:, -1:, 1].clone()  # small numbers: phases are computed in single precision
    return ClipBatch(cache.latents[rows].float(), cache.actions[rows], turned.float(), older == 0)


def cache_key(autoencoder_hash: str, dtype: torch.dtype) -> str:
    """Return what a cache is known by: the hash, and the precision of the encoder where that is not float32."""
    return autoencoder_hash if dtype == torch.float32 else f"{autoencoder_hash}-{str(dtype).removeprefix('torch.')}"


def _short(key: str) -> str:
    digest, dash, dtype = key.partition("-")
    return digest[:12] + dash + dtype


def encode_dataset(
    dataset: Dataset,
    autoencoder: Autoencoder,
    autoencoder_hash: str,
    folder: Path,
    device: torch.device | str = "cpu",
    *,
    dtype: torch.dtype = torch.float32,
    stop: Callable[[], bool] = lambda: False,
) -> LatentCache:
    """Bring the cache in `folder` up to date with `dataset` and load it; good shards are kept.

    `dtype` is what the encoder computes in; `autoencoder` must lie on `device`. At most two clips are held.

    Raises:
        EncodingStopped: when `stop()`, asked before each clip, says so; the next call goes on from there.
        DataError: when a clip cannot be read or its frame size does not suit the autoencoder.
        RunError: when the disk cannot be written.
    """
    height, width = dataset.size
    if height % STRIDE or width % STRIDE:
        raise DataError(f"frames are {width}x{height}, but sides must be divisible by {STRIDE}; resize the videos")
    key = cache_key(autoencoder_hash, dtype)
    names, digests = dataset.names, [dataset.digest(i) for i in range(len(dataset.names))]
    good = good_shards(folder, key, frozenset(digests))
    todo = list({digest: i for i, digest in enumerate(digests) if digest not in good}.values())

    def note(complete: bool) -> None:
        clips = [
            replace(good[digest], name=name) for name, digest in zip(names, digests, strict=True) if digest in good
        ]
        write_index(folder, Index(key, dataset.fps, (height, width), complete, tuple(clips)))

    note(complete=not todo)  # from here on nothing that is stale can be taken for good
    noted = time.monotonic()
    with Steps("encode", len(todo), "clips") as steps:
        for i, clip in zip(todo, _read_ahead(dataset, todo), strict=True):
            if stop():
                note(complete=False)
                raise EncodingStopped
            latents = _encode(clip, autoencoder, torch.device(device), dtype)
            actions = torch.from_numpy(clip.actions)
            good[digests[i]] = write_shard(folder, names[i], digests[i], key, latents, actions)
            steps.advance()
            if time.monotonic() - noted > _INDEX_SECONDS:
                note(complete=False)
                noted = time.monotonic()
    note(complete=True)
    return LatentCache.open(folder, key)


def _read_ahead(dataset: Dataset, clips: Sequence[int]) -> Iterator[Clip]:
    """Decode clips in order, the next one in the background if memory allows."""
    height, width = dataset.size
    if 2 * max(dataset.frame_counts) * height * width * 3 > _PREFETCH_BYTES:
        yield from map(dataset.read, clips)
        return
    with ThreadPoolExecutor(1, "decode") as pool:
        coming = [pool.submit(dataset.read, i) for i in clips[:1]]
        for following in range(1, len(clips) + 1):
            clip = coming.pop().result()
            if following < len(clips):
                coming.append(pool.submit(dataset.read, clips[following]))
            yield clip


@torch.inference_mode()
def _encode(clip: Clip, autoencoder: Autoencoder, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Latents (t, c, h, w) float16 of a clip, on the CPU."""
    parts = []
    for start in range(0, len(clip), _BATCH):
        pixels = to_pixels(torch.from_numpy(clip.frames[start : start + _BATCH]).to(device))
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            parts.append(autoencoder.encode(pixels).to("cpu", torch.float16))
    latents = torch.cat(parts)
    if not latents.isfinite().all():
        raise DataError(f"{clip.name}: the autoencoder gives latents that are not finite; take another autoencoder")
    return latents
