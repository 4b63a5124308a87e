import gc
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.video_out import open_video
from model.actions import IDLE
from model.errors import RunError

_ROOM = 4096  # bytes of a file until the disk takes no more


@dataclass(frozen=True)
class Shape:
    width: int = 160
    height: int = 96
    fps: float = 16.0


@contextmanager
def little_room() -> Iterator[None]:
    """No file may grow further, which is met where a full disk would be; not even one that the tests' words go to."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["walk.mp4", "walk.gif", "walk.npz"])
def test_a_full_disk_is_said_once_and_nothing_stays_behind(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    frames = np.random.default_rng(0).integers(0, 256, (20, 96, 160, 3), np.uint8)
    with pytest.raises(RunError) as said, little_room(), open_video(tmp_path / name, Shape(), 20) as video:
        for frame in frames:
            video.write(frame, IDLE)
    sentence = f"{tmp_path / name}: could not be written (File too large); make room or give another file"
    assert str(said.value) == sentence
    del said
    gc.collect()
    assert not complaints and not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["walk.mp4", "walk.gif", "walk.npz"])
def test_an_error_of_whoever_makes_the_frames_stays_what_it_is(name: str, tmp_path: Path) -> None:
    frame = np.zeros((96, 160, 3), np.uint8)
    with pytest.raises(FileNotFoundError, match="weights"), open_video(tmp_path / name, Shape(), 2) as video:
        video.write(frame, IDLE)
        raise FileNotFoundError(2, "no such file", "weights")
    assert not list(tmp_path.iterdir())
