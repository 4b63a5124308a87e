"""Replays made for tests: pictures of noise, or of one colour, and actions that differ from frame to frame."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from model.actions import Action
from model.footage.replay import ReplayHeader, ReplayStart
from model.footage.replay_writer import ReplayWriter
from model.machine import Machine

HEIGHT, WIDTH, FPS = 32, 48, 20.0
MACHINE = Machine(device="cpu", processor="x86_64 AVX2", threads=2, torch="2.13.0")

Pictures = npt.NDArray[np.uint8]


def make_header(**changed: Any) -> ReplayHeader:
    """A header of a replay that a tiny world made."""
    fields: dict[str, Any] = {
        "world": "tiny",
        "world_hash": "0" * 64,
        "width": WIDTH,
        "height": HEIGHT,
        "fps": FPS,
        "seed": 7,
        "sampler": "consistency",
        "steps": 2,
        "runtime": "eager float32",
        "recorded": "2026-01-02T03:04:05+01:00",
        "start": ReplayStart(kind="picture", scene="one"),
        "machine": MACHINE,
    }
    return ReplayHeader(**fields | changed)


def make_pictures(count: int, seed: int = 0) -> Pictures:
    """Coarse noise (count, h, w, 3) that H.264 keeps well."""
    noise = np.random.default_rng(seed).integers(0, 256, (count, HEIGHT // 8, WIDTH // 8, 3), dtype=np.uint8)
    return noise.repeat(8, 1).repeat(8, 2)


def make_action(k: int) -> Action:
    """The action of frame k; neutral for frame 0. Degrees that no float32 holds."""
    if not k:
        return Action()
    return Action(forward=k % 2 == 0, jump=k % 3 == 0, attack=k % 5 == 0, yaw=k % 900 / 7 - 3, pitch=-(k % 900) / 11)


def write_replay(folder: Path, count: int = 30, *, lost: Sequence[int] = (), seed: int = 0, **changed: Any) -> Pictures:
    """Write a replay of `count` pictures, of which those of `lost` were dropped; returns the pictures."""
    pictures = make_pictures(count, seed)
    header = make_header(**changed)
    writer = ReplayWriter(folder, header, pictures[0], b"state" if header.start.kind == "state" else None)
    for k in range(1, count):
        writer.write(make_action(k), None if k in lost else pictures[k], time=k / FPS, ms=20.0, late=k % 4)
    writer.close()
    return pictures


def tear(folder: Path, first: int, last: int) -> None:
    """Overwrite a replay's video with zeros, from the midst of one frame to the midst of another."""
    start, stop = (position + size // 2 for position, size in (_place(folder, first), _place(folder, last)))
    _overwrite(folder, start, bytes(stop - start))


def zero_from(folder: Path, frame: int) -> None:
    """Overwrite a replay's video with zeros from the midst of one frame to its end, as a power failure leaves it."""
    position, size = _place(folder, frame)
    start = position + size // 2
    _overwrite(folder, start, bytes((folder / "video.mkv").stat().st_size - start))


def rot(folder: Path, frame: int) -> None:
    """Overwrite a few bytes in the midst of one frame of a replay's video."""
    position, size = _place(folder, frame)
    _overwrite(folder, position + size // 2, b"ZZZZ")


def _place(folder: Path, frame: int) -> tuple[int, int]:
    """Where in the video a frame's bytes begin, and how many they are."""
    with av.open(str(folder / "video.mkv")) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    return packets[frame].pos or 0, packets[frame].size


def _overwrite(folder: Path, position: int, data: bytes) -> None:
    with (folder / "video.mkv").open("r+b") as file:
        file.seek(position)
        file.write(data)


def alike(seen: Pictures, pictures: Pictures) -> bool:
    """Whether pictures (t, h, w, 3) are the same but for the codec; two of other noise are 85 apart."""
    return seen.shape == pictures.shape and float(np.abs(seen.astype(int) - pictures).mean((1, 2, 3)).max()) < 8
