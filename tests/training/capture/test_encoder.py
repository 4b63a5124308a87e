"""The encoder beside the game: every frame in order, and an encoder's error is the game's loop's error."""

from pathlib import Path

import numpy as np
import pytest

from model.footage.video import VideoWriter, decode_video
from training.capture.encoder import BackgroundEncoder


def test_all_frames_arrive_in_order(tmp_path: Path) -> None:
    levels = list(range(0, 250, 2))
    with VideoWriter(tmp_path / "a.mp4", (32, 32), 16) as video, BackgroundEncoder(video) as encoder:
        for level in levels:
            encoder.take(np.full((32, 32, 3), level, np.uint8))
    found = decode_video(tmp_path / "a.mp4").mean((1, 2, 3))
    assert np.abs(found - levels).max() < 2


class FullDisk(VideoWriter):
    def __init__(self) -> None:
        self.calls = 0

    def write(self, frames: object) -> None:
        self.calls += 1
        raise OSError(28, "No space left on device")


def test_an_error_is_told_and_nothing_hangs() -> None:
    video = FullDisk()
    with pytest.raises(OSError, match="No space"), BackgroundEncoder(video) as encoder:
        for _ in range(500):
            encoder.take(np.zeros((4, 4, 3), np.uint8))
    assert video.calls == 1


def test_an_error_in_the_last_frame_is_told_too() -> None:
    with pytest.raises(OSError, match="No space"), BackgroundEncoder(FullDisk()) as encoder:
        encoder.take(np.zeros((4, 4, 3), np.uint8))


def test_the_first_error_is_the_one_that_is_told() -> None:
    with pytest.raises(ZeroDivisionError), BackgroundEncoder(FullDisk()) as encoder:
        encoder.take(np.zeros((4, 4, 3), np.uint8))
        raise ZeroDivisionError
