"""The latent cache: a dataset encoded once by one autoencoder, and the short samples training draws from it.

`encode_dataset` makes or mends a cache folder, `LatentCache.open` opens it, `sample_clips` draws from it. Neither holds
much: clips are encoded a few frames at a time, and latents are mapped from the disk where they lie.

Letters: t frames of one clip, b batch, f frames of a sample, c latent channels, h and w latent height and width.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from model.actions import KEYS
from model.autoencoder import STRIDE, Autoencoder, to_pixels
from model.errors import DataError
from model.footage.clip import Dataset, Frames

from ..logs import Steps
from .ahead import decoded_clips
from .mapped import LatentClip, MappedClips
from .shards import Entry, Index, damaged, read_index, write_index, write_shard
from .verified import Verified

_JUMP, _JUMP_FRAMES = KEYS.index("jump"), 10
_BATCH_PIXELS = 16 * 96 * 160  # per forward pass: more gains nothing on a CPU, and takes memory
_INDEX_SECONDS = 5.0  # a killed encoding loses at most this much work, and the clip it was at


class EncodingStopped(Exception):  # noqa: N818 - nothing went wrong
    """`encode_dataset` was asked to stop; what is encoded so far is kept."""


@dataclass(frozen=True, eq=False)
class LatentCache:
    """All clips of a dataset as latents."""

    autoencoder_hash: str
    """As `cache_key` makes it."""
    fps: float
    size: tuple[int, int]
    """Height and width of the frames, in pixels."""
    names: tuple[str, ...]
    frame_counts: tuple[int, ...]
    clips: Sequence[LatentClip]

    @staticmethod
    def open(folder: Path, autoencoder_hash: str) -> "LatentCache":
        """Open the cache in `folder`; a shard is read whole only the first time it is seen.

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
        verified = Verified(folder)
        latent = verified.shape(index.clips[0])[1:]
        for entry in index.clips:
            if verified.shape(entry)[1:] != latent:
                raise damaged(folder / entry.shard, "its latents have another shape than those before it")
        verified.save()
        names, counts = zip(*((entry.name, entry.frames) for entry in index.clips), strict=True)
        return LatentCache(autoencoder_hash, index.fps, index.size, names, counts, MappedClips(folder, index.clips))


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
    cache: LatentCache, frames: int, batch: int, generator: torch.Generator, *, sink_gap: int = 0, paused: float = 0.0
) -> ClipBatch:
    """Draw `batch` samples of `frames` frames (at least 2), uniformly over all places where one fits.

    A sample is a run of `frames - 1` frames behind one sink frame. In half of the samples the sink is the
    frame just before the run; in the others it is drawn from that frame and the `sink_gap` frames before it.
    In a share `paused` of them the player lets go of everything for a while, see `draw_moves`, and nothing moves.

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
    sources = [cache.clips[index] for index in clip.tolist()]
    moves = torch.ones(batch, frames - 1, dtype=torch.bool)
    if paused:
        moves = draw_moves(batch, frames - 1, paused, generator)
        moves |= torch.stack([_in_the_air(source, row) for source, row in zip(sources, before, strict=True)])[:, None]
    run = before[:, None] + moves.cumsum(1)
    rows = torch.cat([(before - older)[:, None], run], dim=1)
    latents, actions, turned = (
        torch.stack([tensor[row] for tensor, row in zip(tensors, rows, strict=True)])
        for tensors in zip(*((source.latents, source.actions, source.poses) for source in sources), strict=True)
    )
    actions[:, 1:] *= moves[:, :, None]
    turned[:, :, 1] -= turned[:, -1:, 1].clone()  # small numbers: phases are computed in single precision
    return ClipBatch(latents.float(), actions, turned.float(), older == 0)


def draw_moves(batch: int, frames: int, paused: float, generator: torch.Generator) -> Tensor:
    """(batch, frames) bool: which frames of a run move on; in a share `paused` of the runs those of one pause do not.

    A pause has begun before the run in half of those runs, lasts beyond it in half, and else begins or ends anywhere.
    Footage of people who play has next to none, so without this a world has never seen that nothing happens.
    """
    chance = torch.rand((batch, 5), generator=generator, device=generator.device).cpu()
    places, _ = (chance[:, :2] * (frames + 1)).long().sort(dim=1)
    start = places[:, :1] * (chance[:, 2:3] < 0.5)
    end = places[:, 1:].where(chance[:, 3:4] < 0.5, frames)
    frame = torch.arange(frames)
    return (frame < start) | (frame >= end) | (chance[:, 4:] >= paused)


def _in_the_air(clip: LatentClip, row: Tensor) -> Tensor:
    """Whether a jump near `row` forbids that the picture stands still there: who jumps comes down."""
    return (clip.actions[max(0, int(row) - _JUMP_FRAMES) : int(row) + _JUMP_FRAMES, _JUMP] > 0.5).any()


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

    `dtype` is what the encoder computes in; `autoencoder` must lie on `device`.

    Raises:
        EncodingStopped: when `stop()`, asked before each clip, says so; the next call goes on from there.
        DataError: when a clip cannot be read or its frame size does not suit the autoencoder.
        RunError: when the disk cannot be written.
    """
    height, width = dataset.size
    if height % STRIDE or width % STRIDE:
        raise DataError(f"frames are {width}x{height}, but sides must be divisible by {STRIDE}; resize the videos")
    key = cache_key(autoencoder_hash, dtype)
    names, pitches = dataset.names, [dataset.pitch(i) for i in range(len(dataset.names))]
    digests = [dataset.digest(i) for i in range(len(names))]
    good = _good_shards(folder, key, frozenset(digests))
    todo = list({digest: i for i, digest in enumerate(digests) if digest not in good}.values())

    def note(complete: bool) -> None:
        clips = [
            replace(good[digest], name=name, pitch=pitch)
            for name, digest, pitch in zip(names, digests, pitches, strict=True)
            if digest in good
        ]
        write_index(folder, Index(key, dataset.fps, (height, width), complete, tuple(clips)))

    note(complete=not todo)  # from here on nothing that is stale can be taken for good
    noted = time.monotonic()
    frames = sum(dataset.frame_counts[i] for i in todo)
    with Steps("encode", frames, "frames") as steps, closing(decoded_clips(dataset, todo)) as clips:
        for i in todo:
            if stop():
                note(complete=False)
                raise EncodingStopped
            latents = _encoded(names[i], next(clips), autoencoder, torch.device(device), dtype, steps)
            actions = torch.from_numpy(dataset.actions(i))
            good[digests[i]] = write_shard(folder, names[i], digests[i], key, latents, actions)
            if time.monotonic() - noted > _INDEX_SECONDS:
                note(complete=False)
                noted = time.monotonic()
    note(complete=True)
    return LatentCache.open(folder, key)


def _good_shards(folder: Path, autoencoder: str, digests: frozenset[str]) -> dict[str, Entry]:
    """Entries of the good shards in `folder`, by clip digest; what is stale or torn is left out."""
    try:
        index = read_index(folder)
    except DataError:
        return {}
    good: dict[str, Entry] = {}
    verified = Verified(folder)
    for entry in index.clips if index.autoencoder == autoencoder else ():
        if entry.digest in digests:
            with suppress(DataError):
                verified.shape(entry)
                good[entry.digest] = entry
    verified.save()
    return good


def _encoded(
    name: str, clip: Iterator[Frames], autoencoder: Autoencoder, device: torch.device, dtype: torch.dtype, steps: Steps
) -> Iterator[Tensor]:
    """Latents (n, c, h, w) float16 of a clip, on the CPU, a few frames at a time."""
    for frames in clip:
        at_once = max(1, _BATCH_PIXELS // (frames.shape[1] * frames.shape[2]))
        for start in range(0, len(frames), at_once):
            batch = torch.from_numpy(frames[start : start + at_once]).to(device)
            with torch.inference_mode(), torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
                latents = autoencoder.encode(to_pixels(batch)).to("cpu", torch.float16)
            if not latents.isfinite().all():
                raise DataError(f"{name}: the autoencoder gives latents that are not finite; take another autoencoder")
            steps.advance(len(latents))
            yield latents
