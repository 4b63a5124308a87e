"""Clips that are decoded in the background."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Frames
from model.footage.gf_minecraft import GFMinecraft
from training.data.ahead import decoded_clips


class Watched(GFMinecraft):
    """Notes what is decoded, and counts chunks that nobody has used yet."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.begun: list[int] = []
        self.made = 0

    def chunks(self, index: int) -> Iterator[Frames]:
        self.begun.append(index)
        for frame in np.concatenate(list(super().chunks(index))):
            self.made += 1
            yield frame[None]


def test_frames_come_in_order_and_nothing_is_lost(shared_footage: Path) -> None:
    dataset = GFMinecraft(shared_footage)
    for index, clip in zip((2, 0, 1), decoded_clips(dataset, (2, 0, 1)), strict=True):
        assert np.array_equal(np.concatenate(list(clip)), dataset.read(index).frames)
    assert list(decoded_clips(dataset, ())) == []


def test_never_more_than_two_chunks_are_ahead(shared_footage: Path) -> None:
    dataset, used = Watched(shared_footage), 0
    for clip in decoded_clips(dataset, (0, 1, 2)):
        for _ in clip:
            used += 1
            assert dataset.made <= used + 2  # one of this clip, one of the next
    assert used == dataset.made == 75 and dataset.begun == [0, 1, 2]


def test_the_next_clip_is_begun_while_this_one_is_used(shared_footage: Path) -> None:
    fetched = threading.Event()

    class Far(GFMinecraft):
        def chunks(self, index: int) -> Iterator[Frames]:
            if index == 1:
                fetched.set()
            yield from super().chunks(index)

    clips = decoded_clips(Far(shared_footage), (0, 1, 2))
    first = next(clips)
    next(first)
    assert fetched.wait(10)
    clips.close()


def test_a_bad_clip_is_raised_at_its_turn_and_not_before(shared_footage: Path) -> None:
    class Bad(GFMinecraft):
        def chunks(self, index: int) -> Iterator[Frames]:
            if index == 1:
                raise DataError("b: torn")
            yield from super().chunks(index)

    clips = decoded_clips(Bad(shared_footage), (0, 1, 2))
    assert sum(map(len, next(clips))) == 24
    with pytest.raises(DataError, match="b: torn"):
        list(next(clips))
    clips.close()


def test_no_thread_is_left_when_somebody_stops_early(shared_footage: Path) -> None:
    clips = decoded_clips(GFMinecraft(shared_footage), (0, 1, 2))
    next(next(clips))
    clips.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
