from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from model.errors import DataError
from model.footage.clip import Clip, Frames
from training.data import frames as frames_module
from training.data.frames import FrameStream, FrameStreamConfig


@dataclass
class NumberedFootage:
    """Clips whose frames carry their own number, which runs through the dataset."""

    frame_counts: tuple[int, ...]
    fps: float = 16.0
    size: tuple[int, int] = (1, 1)
    reads: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"clip{i}" for i in range(len(self.frame_counts)))

    def chunks(self, index: int) -> Iterator[Frames]:
        self.reads += 1
        start = sum(self.frame_counts[:index])
        numbers = np.arange(start, start + self.frame_counts[index], dtype=np.uint8)
        frames = numbers[:, None, None, None].repeat(3, axis=3)
        yield from np.array_split(frames, 3)

    def read(self, index: int) -> Clip:
        frames = np.concatenate(list(self.chunks(index)))
        return Clip(self.names[index], frames, np.zeros((len(frames), 11), np.float32))

    def digest(self, index: int) -> str:
        return f"{index:064x}"

    def pitch(self, index: int) -> float:
        return 0.0


CONFIG = FrameStreamConfig(batch=4, clips_at_once=2)


def make_stream(seed: int = 0, counts: tuple[int, ...] = (9, 13, 7, 10, 11)) -> FrameStream:
    return FrameStream(NumberedFootage(counts), CONFIG, seed)


def numbers(stream: FrameStream, step: int) -> list[int]:
    batch = stream.batch(step)
    assert batch.shape == (4, 1, 1, 3) and batch.dtype == np.uint8
    return [int(number) for number in batch[:, 0, 0, 0]]


def test_a_batch_depends_on_seed_and_step_alone() -> None:
    walked = make_stream()
    straight = [numbers(walked, step) for step in range(40)]
    for step in (39, 3, 17, 0, 25):
        assert numbers(make_stream(), step) == straight[step]
    assert [numbers(make_stream(1), step) for step in range(10)] != straight[:10]


def test_an_epoch_shows_every_frame_once_but_for_the_remainders() -> None:
    stream = make_stream(counts=(8, 8, 8, 8))  # each group of two clips is four whole batches
    epochs = [[n for step in range(first, first + 8) for n in numbers(stream, step)] for first in (0, 8, 16)]
    for epoch in epochs:
        assert sorted(epoch) == list(range(32))
    assert epochs[0] != epochs[1] != epochs[2]


def test_no_frame_comes_twice_in_an_epoch_and_each_group_drops_less_than_a_batch() -> None:
    stream = make_stream(counts=(9, 13))  # one group: 22 frames, five batches, two frames dropped
    epoch = [n for step in range(5) for n in numbers(stream, step)]
    assert len(set(epoch)) == len(epoch) == 20


def test_clips_of_a_group_are_decoded_once() -> None:
    footage = NumberedFootage((8, 8, 8, 8))
    stream = FrameStream(footage, CONFIG, 0)
    for step in range(8):
        stream.batch(step)
    assert footage.reads == 4


def test_too_few_frames_for_a_batch_are_refused() -> None:
    with pytest.raises(DataError, match="3 frames are too few for batches of 4; add clips"):
        make_stream(counts=(3,))


def test_a_clip_with_fewer_or_more_frames_than_it_says_is_not_taken_for_whole() -> None:
    class Short(NumberedFootage):
        def chunks(self, index: int) -> Iterator[Frames]:
            yield from list(super().chunks(index))[:-1]
            raise DataError("clip0: 6 frames, 9 actions")

    stream = FrameStream(Short((9, 9)), CONFIG, 0)
    for _ in range(2):
        with pytest.raises(DataError, match="6 frames, 9 actions"):
            stream.batch(0)


def test_long_clips_are_held_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [numbers(make_stream(), step) for step in range(30)]
    monkeypatch.setattr(frames_module, "_MOST_BYTES", 30 * 3)  # three clips of 10 frames: the same two groups
    assert [numbers(make_stream(), step) for step in range(30)] == alone
    monkeypatch.setattr(frames_module, "_MOST_BYTES", 20 * 3 - 1)
    footage = NumberedFootage((9, 13, 7, 10, 11))
    stream = FrameStream(footage, CONFIG, 0)
    for step in range(2 + 3 + 1 + 2 + 2):
        stream.batch(step)
        assert len(stream._frames) <= 13
    assert footage.reads == 5


def test_footage_of_short_clips_is_grouped_by_their_count() -> None:
    """160 clips of 513 frames of 160x96, and up to 23 that one group has always held."""
    for clips, groups in ((160, 10), (23, 1), (24, 2)):
        stream = FrameStream(NumberedFootage((513,) * clips, size=(96, 160)), FrameStreamConfig(), 0)
        assert len(stream._groups(0)) == groups
    stream = FrameStream(NumberedFootage((2000,) * 16, size=(96, 160)), FrameStreamConfig(), 0)
    assert max(map(len, stream._groups(0))) == 6
    assert len(FrameStream(NumberedFootage((2000,) * 3, size=(360, 640)), FrameStreamConfig(), 0)._groups(0)) == 3
